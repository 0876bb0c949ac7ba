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

const releaseClaimsSchema = z.strictObject({
  version: z.literal(TOKEN_VERSION),
  purpose: z.literal('release'),
  runId: runIdSchema,
  expiresAtMs: z.int().min(0),
});

const claimsSchema = z.union([memberClaimsSchema, releaseClaimsSchema]);

/** What a member's token says: who may join which group, until when. */
export type MemberClaims = Omit<z.infer<typeof memberClaimsSchema>, 'version'>;
/** What a release token says: which group its bearer may give up, until when. */
export type ReleaseClaims = Omit<z.infer<typeof releaseClaimsSchema>, 'version'>;
export type TokenClaims = MemberClaims | ReleaseClaims;

/** The secret that signs and verifies; at least 16 bytes. */
export type TokenSecret = string | Uint8Array;

/**
 * Signs claims with HMAC-SHA256 (RFC 2104): `base64url(JSON claims) + '.' + base64url(mac)`.
 *
 * @throws RendezvousOptionsError when the secret is too short or the claims are out of range.
 */
export function signToken(secret: TokenSecret, claims: TokenClaims): string {
  const checked = claimsSchema.safeParse({ version: TOKEN_VERSION, ...claims });
  if (!checked.success) {
    throw new RendezvousOptionsError(checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const body = Buffer.from(JSON.stringify(checked.data)).toString('base64url');
  return `${body}.${mac(secret, body).toString('base64url')}`;
}

/**
 * The claims of a token that is genuine and has not expired. The signature is compared in constant time and before
 * anything inside the token is looked at.
 *
 * @throws InvalidTokenError with the fault.
 */
export function verifyToken(secret: TokenSecret, token: string, nowMs: number = Date.now()): TokenClaims {
  const [body, signature, ...rest] = token.length <= MAX_TOKEN_CHARACTERS ? token.split('.') : [];
  if (!body || !signature || rest.length > 0) throw new InvalidTokenError('malformed');
  const expected = mac(secret, body);
  const given = Buffer.from(signature, 'base64url');
  // The canonical form is required, so that exactly one text is the token for these claims.
  const canonical = given.length === expected.length && given.toString('base64url') === signature;
  if (!canonical || !timingSafeEqual(given, expected)) throw new InvalidTokenError('signature');
  const claims = claimsSchema.safeParse(parseJson(Buffer.from(body, 'base64url').toString()));
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

function mac(secret: TokenSecret, body: string): Buffer {
  checkSecret(secret);
  return createHmac('sha256', secret).update('muster rendezvous token\n').update(body).digest();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
