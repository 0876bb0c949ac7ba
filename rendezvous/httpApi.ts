import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Refusal } from './control.js';
import { InvalidTokenError } from './errors.js';
import type { GroupContext } from './group.js';
import { draining, type GroupRegistry } from './groupRegistry.js';
import type { IdleWatch } from './idleWatch.js';
import { JOIN_PATH } from './protocol.js';
import { type TokenClaims, type TokenSecret, verifyToken } from './token.js';

const MAX_BODY_BYTES = 16_384;
const groupPath = /^\/groups\/([^/]+)\/(announce|release)$/;

/** What may be said when a group is released. */
export const releaseBodySchema = z.strictObject({
  /** The rank that is given up; without it, the whole group is. */
  rank: z.int().min(0).optional(),
  cause: z.string().min(1).max(1000),
});

export interface HttpApiContext extends GroupContext {
  readonly secret: TokenSecret;
  readonly groups: GroupRegistry;
  readonly idleWatch: IdleWatch;
}

/** Answers `GET /healthz`, `GET /metrics`, `POST /groups/<run id>/announce` and `POST /groups/<run id>/release`. */
export async function answerRequest(
  context: HttpApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request);
  const [, runName, action] = groupPath.exec(path) ?? [];
  if (path === '/healthz' && request.method === 'GET') {
    const { liveGroupCount, memberCount, isDraining } = context.groups;
    const status = isDraining ? 'draining' : 'ok';
    answerJson(response, isDraining ? 503 : 200, { status, groups: liveGroupCount, members: memberCount });
    return;
  }
  if (path === '/metrics' && request.method === 'GET') {
    response.setHeader('content-type', context.metrics.registry.contentType);
    response.end(await context.metrics.registry.metrics());
    return;
  }
  if (runName !== undefined && request.method === 'POST') {
    const claims = authorize(context, request);
    if ('status' in claims) return refuse(response, claims);
    if (claims.purpose !== action || claims.runId !== decodeSegment(runName)) {
      return refuse(response, {
        status: 403,
        reason: 'WRONG_PURPOSE',
        message: `the token does not ${action} this run.`,
      });
    }
    return claims.purpose === 'announce'
      ? answerAnnouncement(context, response, claims.runId)
      : answerRelease(context, request, response, claims.runId);
  }
  if (path === JOIN_PATH) {
    return refuse(response, { status: 426, reason: 'UPGRADE_REQUIRED', message: 'this is where WebSockets begin.' });
  }
  return refuse(response, { status: 404, reason: 'NOT_FOUND', message: `there is no ${request.method} ${path}.` });
}

/** The path that a request asks for, as it was sent. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/';
}

/** The claims of the token in `Authorization: Bearer`, or why there are none. */
export function authorize(context: HttpApiContext, request: IncomingMessage): TokenClaims | Refusal {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return { status: 401, reason: 'TOKEN_MISSING', message: 'it needs a bearer token.' };
  try {
    return verifyToken(context.secret, token, context.clock.nowMs());
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error;
    return { status: 401, reason: `TOKEN_${error.fault.toUpperCase()}`, message: error.message };
  }
}

function answerAnnouncement(context: HttpApiContext, response: ServerResponse, runId: string): void {
  if (context.groups.isDraining) refuse(response, draining);
  else {
    context.idleWatch.needed();
    context.logger.info('Announced.', { runId });
    answerJson(response, 200, { announced: true });
  }
}

async function answerRelease(
  context: HttpApiContext,
  request: IncomingMessage,
  response: ServerResponse,
  runId: string,
): Promise<void> {
  const body = await readBody(request);
  const parsed = releaseBodySchema.safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
    return refuse(response, { status: 400, reason: 'BODY_INVALID', message: faults });
  }
  const told = context.groups.release(runId, parsed.data.cause, parsed.data.rank);
  context.logger.info('Released.', { runId, rank: parsed.data.rank ?? 'all', cause: parsed.data.cause });
  answerJson(response, 200, { released: true, membersTold: told });
}

/** The JSON of a body, or `undefined` when it is none or too long. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

/** `undefined` when the segment is not escaped as a URL demands. */
function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, { status, ...body }: Refusal): void {
  answerJson(response, status, body);
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
