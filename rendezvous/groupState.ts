import type { PeerGone } from './control.js';
import type { FailurePolicy } from './protocol.js';

/**
 * - `forming`: not every rank has joined yet.
 * - `formed`: all who belong to it are here.
 * - `waiting`: a lost rank has to come again.
 * - `broken`: it cannot be joined any more.
 */
export type GroupState = 'forming' | 'formed' | 'waiting' | 'broken';

/** What a group is after it has lost a rank; `shrinks` when those who are left are to form it anew without that one. */
export function stateAfterLoss(
  state: GroupState,
  policy: FailurePolicy,
  how: PeerGone['how'],
): { readonly state: GroupState; readonly shrinks: boolean } {
  const mayGoOn = state === 'formed' || state === 'waiting';
  if (mayGoOn && policy === 'shrink') return { state, shrinks: true };
  // A rank that was given up does not come again.
  if (mayGoOn && policy === 'wait' && how === 'lost') return { state: 'waiting', shrinks: false };
  return { state: 'broken', shrinks: false };
}
