import type { IncomingMessage } from 'node:http';
import type { Refusal } from './control.js';
import { type FailurePolicy, failurePolicies, joinHeaders } from './protocol.js';
import type { MemberClaims } from './token.js';

/** What the request that begins a WebSocket asks for. */
export interface JoinRequest {
  readonly claims: MemberClaims;
  readonly failurePolicy: FailurePolicy;
  /** Set when the member wants to go on after its connection dropped. */
  readonly resumption?: { readonly session: string; readonly received: number };
}

/** Reads what is asked for beside the token. */
export function readJoinRequest(request: IncomingMessage, claims: MemberClaims): JoinRequest | Refusal {
  const wanted = request.headers[joinHeaders.failurePolicy] ?? 'abort';
  const failurePolicy = failurePolicies.find((policy) => policy === wanted);
  if (!failurePolicy) return invalid(joinHeaders.failurePolicy, `none of ${failurePolicies.join(', ')}`);
  const session = request.headers[joinHeaders.session];
  if (session === undefined) return { claims, failurePolicy };
  const received = Number(request.headers[joinHeaders.received]);
  if (typeof session !== 'string') return invalid(joinHeaders.session, 'not one session');
  if (!Number.isSafeInteger(received) || received < 0) return invalid(joinHeaders.received, 'not a count of frames');
  return { claims, failurePolicy, resumption: { session, received } };
}

function invalid(header: string, fault: string): Refusal {
  return { status: 400, reason: 'HEADER_INVALID', message: `the header ${header} is ${fault}.` };
}
