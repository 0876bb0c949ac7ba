import type { Formed, PeerGone } from '../rendezvous/control.js';
import type { FailurePolicy } from '../rendezvous/protocol.js';
import type { MusterError } from '../run/errors.js';

/** What travels between two ranks: bytes and a number that says how to read them (`datatypes.ts`). */
export interface Message {
  readonly datatype: number;
  /** On arrival it is memory of its own (or the receiver's `into`), which the receiver may write to. */
  readonly bytes: Uint8Array;
  /**
   * Present on arrival where the memory may be lent to the next message (`MessageMemory`): to be called by a receiver
   * that keeps nothing of it.
   */
  release?(): void;
}

/** Something under way that can be given up. */
export interface Pending<T> {
  readonly promise: Promise<T>;
  /** Rejects `promise` with `reason`; does nothing once it has settled. */
  cancel(reason: Error): void;
  /** Settles as soon as it can, at the price of a copy; only for what was sent with patience. */
  hurry?(): void;
}

/** A message that somebody waits for. */
export interface Arrival extends Pending<Message> {
  /** The rank that it comes from. */
  readonly from: number;
  /** Whether `promise` is settled, or about to be. */
  readonly isSettled: boolean;
}

/** What a channel gives for a message that it has taken whole. */
export const taken: Pending<void> = { promise: Promise.resolve(), cancel() {} };

/** Hears of failures. Called after everything that arrived before them was handed over. */
export interface ChannelObserver {
  /** @param loss set when it ends everything under way, because the group is going to form anew. */
  gone(peers: readonly PeerGone[], loss?: PeerGone): void;
  /** This rank is cut off; nothing follows. */
  failed(error: MusterError): void;
}

/** A barrier that is counted in one place instead of made of messages. */
export interface CountedBarrier {
  enter(context: number, tag: number): Pending<void>;
  /** Ranks that have not entered; `undefined` when the place does not answer. */
  missing(context: number, tag: number): Promise<readonly number[] | undefined>;
}

/** A reduction of the whole world that is carried out in one place instead of by messages. */
export interface ServedReduction {
  /** Resolves with what the arrays of all ranks come to, in the order of the `ReductionTree`. */
  reduce(context: number, tag: number, code: number, own: Message): Pending<Message>;
}

/** Present where the group goes on after it has lost a rank (`FailurePolicy`). */
export interface Membership {
  readonly policy: Exclude<FailurePolicy, 'abort'>;
  /** The membership that counts at present; another object once the group has formed anew. */
  readonly current: Formed;
  /** Resolves when `current` is a later one than the one numbered `epoch`. */
  next(epoch: number): Pending<void>;
  /** Declares this rank's part of the collective numbered `tag` complete; resolves when every rank has. */
  commit(tag: number): Pending<void>;
}

/**
 * Moves messages between the ranks of one world. Messages of one sender with the same context and tag arrive in the
 * order in which they were sent; each is received exactly once.
 */
export interface Channel {
  readonly kind: 'relay' | 'direct' | 'storage' | 'memory';
  readonly rank: number;
  readonly worldSize: number;
  /** Ranks that take no part any more. */
  readonly gone: ReadonlyMap<number, PeerGone>;
  /** Why this rank is cut off, once it is. */
  readonly failure: MusterError | undefined;
  /** Present where the channel has a quicker barrier than one made of messages. */
  readonly barrier?: CountedBarrier;
  /** Present where somebody reduces for all. */
  readonly reduction?: ServedReduction;
  readonly membership?: Membership;
  /** To be called once. */
  observe(observer: ChannelObserver): void;
  /**
   * Resolves when the bytes may be written to again, which says nothing of their arrival. A patient sender leaves them
   * as they are until `hurry`, so that a channel need not copy them meanwhile; most have arrived by then.
   */
  send(to: number, context: number, tag: number, message: Message, isPatient?: boolean): Pending<void>;
  /**
   * The next message of a rank with this context and tag. A channel that can may put its bytes straight into `into`
   * (then `bytes` shows that memory) if they fill it exactly; otherwise `into` is left alone.
   */
  receive(from: number, context: number, tag: number, into?: Uint8Array): Arrival;
  /** True when a message that nobody has received waits. */
  hasArrived(from: number, context: number, tag: number): boolean;
  /** Throws away what has come and will come with this context and tag; nobody is going to receive it. */
  discard(context: number, tag: number): void;
  /** Departs in good order. What is pending is left to be cancelled by its owner. */
  close(): Promise<void>;
}
