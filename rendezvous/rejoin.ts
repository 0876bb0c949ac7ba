import type { Clock } from './clock.js';
import { FencedError, type MemberIdentity, RendezvousLostError } from './errors.js';
import type { FrameSocket } from './frameSocket.js';
import type { SocketOutcome } from './openSocket.js';
import { joinHeaders } from './protocol.js';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/** Opens another WebSocket for the same membership. */
export type Reopen = (
  session: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
  prepare: (socket: FrameSocket) => void,
) => Promise<SocketOutcome>;

export interface RejoinOptions {
  readonly member: MemberIdentity;
  readonly session: string;
  readonly timeoutMs: number;
  /** Counted frames that have come up to now. */
  received(): number;
  /** Why the connection has to be replaced. */
  readonly fault: string;
  readonly clock: Clock;
  readonly reopen: Reopen;
  attach(socket: FrameSocket): void;
}

/**
 * Replaces a connection that dropped, trying again until the time that the server grants is over. Resolves with the
 * error that ends the membership, or with nothing when the new connection is attached.
 */
export async function rejoin(options: RejoinOptions): Promise<RendezvousLostError | FencedError | undefined> {
  const { member, session, timeoutMs, fault, clock, reopen } = options;
  const deadline = new AbortController();
  const cancel = clock.after(timeoutMs, () => deadline.abort());
  try {
    for (let pauseMs = FIRST_PAUSE_MS; !deadline.signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const headers = { [joinHeaders.session]: session, [joinHeaders.received]: String(options.received()) };
      const outcome = await reopen(headers, timeoutMs, deadline.signal, (socket) => options.attach(socket));
      if ('socket' in outcome) return undefined;
      if ('refusal' in outcome && outcome.refusal.status !== 429 && outcome.refusal.status !== 503) {
        const { reason, message } = outcome.refusal;
        const told = `${fault}, and the server says: ${message}`;
        return reason === 'STALE_GENERATION' ? new FencedError(member, told) : new RendezvousLostError(member, told);
      }
      await new Promise<void>((resolve) => {
        clock.after(pauseMs, resolve);
      });
    }
    return new RendezvousLostError(member, `${fault}, and was not replaced in ${timeoutMs} ms`);
  } catch (error) {
    return new RendezvousLostError(member, fault, error);
  } finally {
    cancel();
  }
}
