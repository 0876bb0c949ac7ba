import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionRate } from './connectionRate.js';
import type { Refusal } from './control.js';
import { authorize, type HttpApiContext, pathOf } from './httpApi.js';
import { type JoinRequest, readJoinRequest } from './joinRequest.js';
import { JOIN_PATH } from './protocol.js';

/** What a request that may become a member asks for, or why it may not. */
export function judgeUpgrade(
  context: HttpApiContext,
  rate: ConnectionRate,
  request: IncomingMessage,
): JoinRequest | Refusal {
  const path = pathOf(request);
  if (path !== JOIN_PATH) return { status: 404, reason: 'NOT_FOUND', message: `no WebSocket begins at ${path}.` };
  if (!rate.admits(request.socket.remoteAddress ?? '')) {
    return { status: 429, reason: 'TOO_MANY_CONNECTIONS', message: 'too many connections from this address.' };
  }
  const claims = authorize(context, request);
  if ('status' in claims) return claims;
  if (claims.purpose !== 'member') {
    return { status: 403, reason: 'WRONG_PURPOSE', message: 'the token does not admit a member.' };
  }
  const join = readJoinRequest(request, claims);
  return 'status' in join ? join : (context.groups.refusal(join) ?? join);
}

/** Answers an upgrade with a plain HTTP refusal and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, ...body }: Refusal): void {
  const content = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(content)}`,
    'connection: close',
    ...(status === 429 || status === 503 ? ['retry-after: 1'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${content}`);
}
