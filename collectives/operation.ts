import type { PeerGone } from '../rendezvous/control.js';
import type { Exchange } from './algorithms/exchange.js';
import { type Channel, type Message, type Pending, taken } from './channel.js';
import type { Deadlines } from './deadlines.js';
import {
  CollectiveAbortedError,
  CollectiveTimeoutError,
  type OperationIdentity,
  RankDepartedError,
  RankLostError,
} from './errors.js';

/** What an operation is and where its messages travel. */
export interface OperationPlace {
  readonly identity: OperationIdentity;
  readonly channel: Channel;
  readonly context: number;
  readonly tag: number;
  /** Tag of what is received, where it is not that of what is sent. */
  readonly receiveTag?: number;
  /** The only other ranks that matter; without it, all do. */
  readonly peers?: readonly number[];
}

/** One operation of one rank from call to result: its deadline, its caller's signal, and whom it waits for. */
export class Operation implements Exchange {
  readonly #place: OperationPlace;
  /** What is under way, and the rank it waits for (`undefined`: all of them). */
  readonly #waiting = new Map<Pending<unknown>, { from: number | undefined; sending: boolean }>();
  #failure: Error | undefined;
  #finished = false;

  constructor(place: OperationPlace) {
    this.#place = place;
  }

  get rank(): number {
    return this.#place.channel.rank;
  }

  get worldSize(): number {
    return this.#place.channel.worldSize;
  }

  /** Runs `body` under a deadline and a signal. What it throws, or why it was ended, is the rejection. */
  async run<T>(
    body: (operation: Operation) => Promise<T>,
    limits: { timeoutMs: number; signal?: AbortSignal; deadlines: Deadlines },
  ): Promise<T> {
    const { timeoutMs, signal, deadlines } = limits;
    const abort = () => this.fail(new CollectiveAbortedError(this.#place.identity, signal?.reason));
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    const cancelDeadline = deadlines.after(timeoutMs, () => void this.#expire(timeoutMs));
    const release = () => {
      cancelDeadline();
      signal?.removeEventListener('abort', abort);
    };
    try {
      if (this.#failure) throw this.#failure;
      return await body(this);
    } finally {
      this.#finished = true;
      // An algorithm that failed has not called it.
      this.hurry();
      release();
    }
  }

  send(to: number, message: Message): Promise<void> {
    return this.#send(to, message, false);
  }

  sendPatiently(to: number, message: Message): Promise<void> {
    return this.#send(to, message, true);
  }

  hurry(): void {
    for (const [pending, { sending }] of this.#waiting) if (sending) pending.hurry?.();
  }

  #send(to: number, message: Message, isPatient: boolean): Promise<void> {
    const { channel, context, tag, identity } = this.#place;
    if (channel.gone.has(to)) this.fail(new RankDepartedError(identity, to));
    if (this.#failure) return rejected(this.#failure);
    const pending = channel.send(to, context, tag, message, isPatient);
    return pending === taken ? taken.promise : this.#await(pending, to, true);
  }

  receive(from: number, into?: Uint8Array): Promise<Message> {
    const { channel, context, tag: sendTag, receiveTag: tag = sendTag, identity } = this.#place;
    if (channel.gone.has(from) && !channel.hasArrived(from, context, tag)) {
      this.fail(new RankDepartedError(identity, from));
    }
    if (this.#failure) return rejected(this.#failure);
    return this.#await(channel.receive(from, context, tag, into), from, false);
  }

  /** Waits for what needs every rank at once, such as a counted barrier. */
  everyone<T>(start: () => Pending<T>): Promise<T> {
    const { channel, identity } = this.#place;
    for (const rank of channel.gone.keys()) this.fail(new RankDepartedError(identity, rank));
    if (this.#failure) return rejected(this.#failure);
    return this.#await(start(), undefined, false);
  }

  /** Ends the operation early; everything it waits for rejects with `error`. */
  fail(error: Error): void {
    if (this.#failure || this.#finished) return;
    this.#failure = error;
    for (const pending of this.#waiting.keys()) pending.cancel(error);
  }

  /** Ranks are gone: a loss ends every operation that needs them, a departure the one that still waits for them. */
  gone(peers: readonly PeerGone[]): void {
    const { identity, peers: needed } = this.#place;
    for (const gone of peers) {
      if (gone.how === 'left') {
        const waits = [...this.#waiting.values()].some(({ from }) => from === undefined || from === gone.rank);
        if (waits) this.fail(new RankDepartedError(identity, gone.rank));
      } else if (!needed || needed.includes(gone.rank)) this.fail(new RankLostError(identity, gone));
    }
  }

  /** The group has lost a rank and is going to form anew: nothing that is under way can be completed. */
  interrupt(loss: PeerGone): void {
    this.fail(new RankLostError(this.#place.identity, loss));
  }

  async #expire(timeoutMs: number): Promise<void> {
    const { identity, channel, context, tag } = this.#place;
    const waiting = [...this.#waiting.values()].filter(({ sending }) => !sending);
    const isCounted = waiting.some(({ from }) => from === undefined);
    const missing = isCounted ? await channel.barrier?.missing(context, tag) : undefined;
    const waitedFor = missing ?? [...new Set(waiting.flatMap(({ from }) => from ?? []))];
    this.fail(new CollectiveTimeoutError(identity, timeoutMs, waitedFor));
  }

  #await<T>(pending: Pending<T>, from: number | undefined, sending: boolean): Promise<T> {
    this.#waiting.set(pending, { from, sending });
    const settled = pending.promise.then(
      (value) => {
        this.#waiting.delete(pending);
        return value;
      },
      (error: unknown) => {
        this.#waiting.delete(pending);
        throw error;
      },
    );
    // An algorithm has many under way and may end on the first that fails, before it has looked at the others.
    settled.catch(ignored);
    return settled;
  }
}

function ignored(): void {}

/** A rejection that nobody need look at. */
function rejected(error: Error): Promise<never> {
  const promise = Promise.reject<never>(error);
  promise.catch(ignored);
  return promise;
}
