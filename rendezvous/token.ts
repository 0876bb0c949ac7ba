import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { InvalidTokenError, RendezvousOptionsError } from './errors.js';

/** Version of the claims; a token of another version is refused. */
const TOKEN_VERSION = 1;
const MIN_SECRET_BYTES = 16;
const MAX_TOKEN_CHARACTERS = 2048;

/** Names of runs: those of Step Functions executions fit. */
const runIdSchema = z.string().min(1).max(128);

const memberClaimsSchema = z
  .strictObject({
    version: z.literal(TOKEN_VERSION),
    purpose: z.literal('member'),
    runId: runIdSchema,
    rank: z.int().min(0),
    worldSize: z.int().min(1),
    generation: z.int().min(0).max(0xffff_ffff),
    expiresAtMs: z.int().min(0),
  })
  .refine((claims) => claims.rank < claims.worldSize, 'rank must be below worldSize');

const runClaimsSchema = z.strictObject({
  version: z.literal(TOKEN_VERSION),
  purpose: z.enum(['announce', 'release']),
  runId: runIdSchema,
  expiresAtMs: z.int().min(0),
});

const claimsSchema = z.union([memberClaimsSchema, runClaimsSchema]);

/** What is read of a token before its signature is checked: whose key it must be signed with. */
const signedRunSchema = z.object({ runId: runIdSchema });

/** What a member's token says: who may join which group, until when. */
export type MemberClaims = Omit<z.infer<typeof memberClaimsSchema>, 'version'>;
/** What the token of a run says: whose group its bearer may announce or give up, until when. */
export type RunClaims = Omit<z.infer<typeof runClaimsSchema>, 'version'>;
export type TokenClaims = MemberClaims | RunClaims;

/** The secret of a server, of which the keys of all runs come; at least 16 bytes. */
export type TokenSecret = string | Uint8Array;

/**
 * The key that signs the tokens of one run, as base64url of 32 bytes: HMAC-SHA256 (RFC 2104) of the run's name under the
 * server's secret. Whoever holds it can do nothing to other runs, so ranks need not be given the secret.
 *
 * @throws RendezvousOptionsError when the secret is too short.
 */
export function runKeyOf(secret: TokenSecret, runId: string): string {
  checkSecret(secret);
  return createHmac('sha256', secret).update('muster rendezvous run\n').update(runId).digest('base64url');
}

/** As {@link signTokenOfRun}, by someone who has the secret. */
export function signToken(secret: TokenSecret, claims: TokenClaims): string {
  return signTokenOfRun(runKeyOf(secret, claims.runId), claims);
}

/**
 * Signs claims with the key of their run, by HMAC-SHA256: `base64url(JSON claims) + '.' + base64url(mac)`.
 *
 * @throws RendezvousOptionsError when the claims are out of range.
 */
export function signTokenOfRun(runKey: string, claims: TokenClaims): string {
  const checked = claimsSchema.safeParse({ version: TOKEN_VERSION, ...claims });
  if (!checked.success) {
    throw new RendezvousOptionsError(checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const body = Buffer.from(JSON.stringify(checked.data)).toString('base64url');
  return `${body}.${mac(runKey, body).toString('base64url')}`;
}

/**
 * The claims of a token that is genuine and has not expired. The signature is compared in constant time, and before
 * anything inside the token is looked at but the name of the run.
 *
 * @throws InvalidTokenError with the fault.
 */
export function verifyToken(secret: TokenSecret, token: string, nowMs: number = Date.now()): TokenClaims {
  const [body, signature, ...rest] = token.length <= MAX_TOKEN_CHARACTERS ? token.split('.') : [];
  if (!body || !signature || rest.length > 0) throw new InvalidTokenError('malformed');
  const signed: unknown = parseJson(Buffer.from(body, 'base64url').toString());
  const run = signedRunSchema.safeParse(signed);
  // Nobody can have signed what names no run.
  if (!run.success) throw new InvalidTokenError('signature');
  const expected = mac(runKeyOf(secret, run.data.runId), body);
  const given = Buffer.from(signature, 'base64url');
  // The canonical form is required, so that exactly one text is the token for these claims.
  const canonical = given.length === expected.length && given.toString('base64url') === signature;
  if (!canonical || !timingSafeEqual(given, expected)) throw new InvalidTokenError('signature');
  const claims = claimsSchema.safeParse(signed);
  if (!claims.success) throw new InvalidTokenError('claims');
  const { version: _, ...known } = claims.data;
  if (known.expiresAtMs <= nowMs) throw new InvalidTokenError('expired');
  return known;
}

/** @throws RendezvousOptionsError when the secret is too short to be one. */
export function checkSecret(secret: TokenSecret): void {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new RendezvousOptionsError([
      `the secret has ${Buffer.byteLength(secret)} bytes and needs at least ${MIN_SECRET_BYTES}`,
    ]);
  }
}

function mac(runKey: string, body: string): Buffer {
  return createHmac('sha256', runKey).update('muster rendezvous token\n').update(body).digest();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
