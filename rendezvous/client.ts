import type { MusterError } from '../run/errors.js';
import { attemptJoin } from './attempt.js';
import { type Clock, systemClock } from './clock.js';
import type { Refusal } from './control.js';
import {
  AdmissionRefusedError,
  ConnectAbortedError,
  FencedError,
  GroupBrokenError,
  GroupReleasedError,
  GroupTimeoutError,
  type MemberIdentity,
  RendezvousLostError,
  RendezvousOptionsError,
  RendezvousUnreachableError,
} from './errors.js';
import { Formation, type GroupListener } from './formation.js';
import type { RendezvousLink } from './link.js';
import { pinOf } from './pinnedTls.js';
import { type FailurePolicy, FORMATION } from './protocol.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
const LONGEST_HANDSHAKE_MS = 30_000;
const ROLL_CALL_MS = 1000;

export interface ConnectOptions extends MemberIdentity {
  /** `ws://host:port` or `wss://host:port`, with `#sha256=<fingerprint>` where the certificate is self-made. */
  readonly url: string;
  /** Signed for this run, rank, world size and generation (`signToken`). */
  readonly token: string;
  readonly worldSize: number;
  /** Time for the whole group to form. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly listener: GroupListener;
  readonly clock?: Clock;
  /** What the group does when it loses a rank (`Membership`); the same at every rank. `abort` when absent. */
  readonly failurePolicy?: FailurePolicy;
  /** Connects from a port of which direct links may begin, too. */
  readonly sharedPort?: boolean;
}

/** Why an attempt did not succeed although another one may. */
interface Setback {
  readonly cause: Error;
  /** The server may still hold this rank for a member. */
  readonly ambiguous: boolean;
}

/**
 * Joins the group of a run and waits until every rank has. A server that is not there yet, that is overloaded, or
 * that goes away while the group forms is tried again until the deadline.
 *
 * @throws RendezvousUnreachableError, AdmissionRefusedError, GroupTimeoutError (naming the missing ranks),
 * GroupBrokenError, GroupReleasedError, FencedError, ConnectAbortedError, RendezvousOptionsError.
 */
export async function connectRendezvous(options: ConnectOptions): Promise<RendezvousLink> {
  checkUrl(options.url);
  const clock = options.clock ?? systemClock;
  const deadline = new AbortController();
  const cancelDeadline = clock.after(options.timeoutMs, () => deadline.abort());
  const stop = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal;
  try {
    return await new Connector(options, clock, stop).connect();
  } finally {
    cancelDeadline();
  }
}

class Connector {
  readonly #options: ConnectOptions;
  readonly #member: MemberIdentity;
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  readonly #startMs: number;

  constructor(options: ConnectOptions, clock: Clock, stop: AbortSignal) {
    this.#options = options;
    this.#member = { runId: options.runId, rank: options.rank, generation: options.generation };
    this.#clock = clock;
    this.#stop = stop;
    this.#startMs = clock.nowMs();
  }

  async connect(): Promise<RendezvousLink> {
    let setback: Setback | undefined;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(setback?.ambiguous ?? false);
      if (!('cause' in outcome)) return outcome;
      // The cause of being stopped says nothing; the one before it does.
      if (!this.#stop.aborted || !setback) setback = outcome;
      if (!this.#stop.aborted) await this.#pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
      if (this.#stop.aborted) throw this.#stoppedWhileJoining(attempt, setback.cause);
    }
  }

  async #attempt(ambiguous: boolean): Promise<RendezvousLink | Setback> {
    const { url, token, listener, timeoutMs, failurePolicy = 'abort', sharedPort = false } = this.#options;
    const formation = new Formation(this.#member, listener);
    const outcome = await attemptJoin(
      { url, token, member: this.#member, failurePolicy, listener: formation, clock: this.#clock, sharedPort },
      Math.min(timeoutMs, LONGEST_HANDSHAKE_MS),
      this.#stop,
    );
    if ('refusal' in outcome) return this.#judge(outcome.refusal, ambiguous);
    if ('failure' in outcome) return { cause: outcome.failure, ambiguous: ambiguous || outcome.ambiguous };
    const end = await formation.ended(this.#stop);
    if (end.how === 'formed') return outcome.link;
    if (end.how === 'stopped') throw await this.#stoppedWhileForming(outcome.link);
    await outcome.link.close();
    if (end.error instanceof RendezvousLostError) return { cause: end.error, ambiguous: true };
    throw end.error;
  }

  /** The setback that a refusal is, or throws when it is final. */
  #judge(refusal: Refusal, ambiguous: boolean): Setback {
    const { status, reason, message } = refusal;
    if (status === 410) throw new GroupReleasedError(this.#member, refusal.cause ?? message);
    if (reason === 'GROUP_BROKEN') throw new GroupBrokenError(this.#member, refusal.gone ?? []);
    if (reason === 'STALE_GENERATION') throw new FencedError(this.#member, message);
    const cause = new AdmissionRefusedError(this.#member, status, reason, message);
    const mayChange = status === 429 || status >= 500 || (ambiguous && reason === 'DUPLICATE_RANK');
    if (!mayChange) throw cause;
    return { cause, ambiguous };
  }

  async #stoppedWhileForming(link: RendezvousLink): Promise<MusterError> {
    if (this.#options.signal?.aborted) {
      await link.close();
      return new ConnectAbortedError(this.#member, this.#options.signal.reason);
    }
    const elapsedMs = this.#clock.nowMs() - this.#startMs;
    const missing = await link.rollCall(FORMATION, 0, ROLL_CALL_MS);
    await link.close();
    return new GroupTimeoutError(this.#member, this.#options.worldSize, elapsedMs, missing);
  }

  #stoppedWhileJoining(attempts: number, cause: Error): MusterError {
    const { signal, url } = this.#options;
    if (signal?.aborted) return new ConnectAbortedError(this.#member, signal.reason);
    return new RendezvousUnreachableError(url, this.#member, this.#clock.nowMs() - this.#startMs, attempts, cause);
  }

  /** Waits between half of `longestMs` and all of it, so that a world that was refused at once spreads out. */
  #pause(longestMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#stop.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.#clock.after(longestMs * (0.5 + Math.random() / 2), wake);
      this.#stop.addEventListener('abort', wake);
    });
  }
}

function checkUrl(url: string): void {
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new RendezvousOptionsError([`${JSON.stringify(url)} is not a ws:// or wss:// URL`]);
  }
  pinOf(new URL(url));
}
