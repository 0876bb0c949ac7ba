import type { PeerGone } from '../rendezvous/control.js';
import type { Exchange } from './algorithms/exchange.js';
import { type Arrival, type Channel, type Message, type Pending, taken } from './channel.js';
import type { Expiring } from './deadlines.js';
import {
  CollectiveAbortedError,
  CollectiveTimeoutError,
  type OperationIdentity,
  RankDepartedError,
  RankLostError,
} from './errors.js';

/** So many arrivals are remembered before those that are over are forgotten. */
const MAX_REMEMBERED = 64;

/** What an operation is and where its messages travel. */
export interface OperationPlace {
  readonly identity: OperationIdentity;
  readonly channel: Channel;
  readonly context: number;
  readonly tag: number;
  /** Tag of what is received. */
  readonly receiveTag: number;
  /** The only other ranks that matter; without it, all do. */
  readonly peers: readonly number[] | undefined;
  /** Milliseconds from the call. */
  readonly timeoutMs: number;
}

/** What is known of something under way. */
interface Waiting {
  /** The rank that it is sent to or comes from; `undefined`: all of them. */
  readonly peer: number | undefined;
  readonly isSent: boolean;
}

/** One operation of one rank from call to result: its deadline, and whom it waits for. */
export class Operation implements Exchange, Expiring {
  readonly rank: number;
  readonly worldSize: number;
  readonly timeoutMs: number;
  watched: Expiring['watched'];
  readonly #place: OperationPlace;
  /** Messages that it has asked for; some have come already. */
  #awaited: Arrival[] = [];
  #rememberedMost = MAX_REMEMBERED;
  /** What else is under way; short operations have nothing of it, and no map. */
  #pending: Map<Pending<unknown>, Waiting> | undefined;
  #failure: Error | undefined;
  #finished = false;

  constructor(place: OperationPlace) {
    this.rank = place.channel.rank;
    this.worldSize = place.channel.worldSize;
    this.timeoutMs = place.timeoutMs;
    this.#place = place;
  }

  /** Why it was ended early. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** It has its result, or has failed. */
  finish(): void {
    this.#finished = true;
    // An algorithm that failed has not called it.
    this.hurry();
  }

  send(to: number, message: Message): Promise<void> {
    return this.#send(to, message, false);
  }

  sendPatiently(to: number, message: Message): Promise<void> {
    return this.#send(to, message, true);
  }

  hurry(): void {
    if (!this.#pending) return;
    for (const [pending, { isSent }] of this.#pending) if (isSent) pending.hurry?.();
  }

  #send(to: number, message: Message, isPatient: boolean): Promise<void> {
    const { channel, context, tag, identity } = this.#place;
    if (channel.gone.has(to)) this.fail(new RankDepartedError(identity, to));
    if (this.#failure) return rejected(this.#failure);
    const pending = channel.send(to, context, tag, message, isPatient);
    return pending === taken ? taken.promise : this.#await(pending, { peer: to, isSent: true });
  }

  receive(from: number, into?: Uint8Array): Promise<Message> {
    const { channel, context, receiveTag, identity } = this.#place;
    if (channel.gone.has(from) && !channel.hasArrived(from, context, receiveTag)) {
      this.fail(new RankDepartedError(identity, from));
    }
    if (this.#failure) return rejected(this.#failure);
    const arrival = channel.receive(from, context, receiveTag, into);
    this.#awaited.push(arrival);
    if (this.#awaited.length > this.#rememberedMost) this.#forgetArrived();
    return arrival.promise;
  }

  /** Waits for what needs every rank at once, such as a counted barrier. */
  everyone<T>(start: () => Pending<T>): Promise<T> {
    const { channel, identity } = this.#place;
    for (const rank of channel.gone.keys()) this.fail(new RankDepartedError(identity, rank));
    if (this.#failure) return rejected(this.#failure);
    return this.#await(start(), { peer: undefined, isSent: false });
  }

  /** Ends the operation early; everything it waits for rejects with `error`. */
  fail(error: Error): void {
    if (this.#failure || this.#finished) return;
    this.#failure = error;
    for (const arrival of this.#awaited) arrival.cancel(error);
    for (const pending of this.#pending?.keys() ?? []) pending.cancel(error);
  }

  /** Its caller has given it up. */
  abort(reason: unknown): void {
    this.fail(new CollectiveAbortedError(this.#place.identity, reason));
  }

  /** Ranks are gone: a loss ends every operation that needs them, a departure the one that still waits for them. */
  gone(peers: readonly PeerGone[]): void {
    const { identity, peers: needed } = this.#place;
    for (const gone of peers) {
      if (gone.how === 'left') {
        if (this.#waitsFor(gone.rank)) this.fail(new RankDepartedError(identity, gone.rank));
      } else if (!needed || needed.includes(gone.rank)) this.fail(new RankLostError(identity, gone));
    }
  }

  /** The group has lost a rank and is going to form anew: nothing that is under way can be completed. */
  interrupt(loss: PeerGone): void {
    this.fail(new RankLostError(this.#place.identity, loss));
  }

  /** Its deadline is over. */
  expire(): void {
    void this.#expire();
  }

  async #expire(): Promise<void> {
    const { identity, channel, context, tag, timeoutMs } = this.#place;
    const isCounted = [...(this.#pending?.values() ?? [])].some(({ peer }) => peer === undefined);
    const missing = isCounted ? await channel.barrier?.missing(context, tag) : undefined;
    this.#forgetArrived();
    const waitedFor = missing ?? [...new Set(this.#awaited.map(({ from }) => from))];
    this.fail(new CollectiveTimeoutError(identity, timeoutMs, waitedFor));
  }

  #waitsFor(rank: number): boolean {
    for (const { from, isSettled } of this.#awaited) if (from === rank && !isSettled) return true;
    for (const { peer } of this.#pending?.values() ?? []) if (peer === undefined || peer === rank) return true;
    return false;
  }

  #forgetArrived(): void {
    this.#awaited = this.#awaited.filter(({ isSettled }) => !isSettled);
    this.#rememberedMost = Math.max(MAX_REMEMBERED, 2 * this.#awaited.length);
  }

  #await<T>(pending: Pending<T>, waiting: Waiting): Promise<T> {
    this.#pending ??= new Map();
    const known = this.#pending;
    known.set(pending, waiting);
    const forget = () => known.delete(pending);
    // Whoever hears of a failure here need do nothing: an algorithm has many under way and may end on the first that fails,
    // before it has looked at the others.
    pending.promise.then(forget, forget);
    return pending.promise;
  }
}

function ignored(): void {}

/** A rejection that nobody need look at. */
function rejected(error: Error): Promise<never> {
  const promise = Promise.reject<never>(error);
  promise.catch(ignored);
  return promise;
}
