import type { Arrival, Message } from '../channel.js';
import { Mailbox } from '../mailbox.js';
import type { ObjectExchange } from './objectExchange.js';
import { decodeObjectFrame } from './objectFrame.js';
import { inboxPrefix, lastNumber, messageName } from './objectNames.js';

/** S3 asks as much for a listing as for 12.5 reads: with more senders to look at, one listing is cheaper. */
const sendersLookedAtOneByOne = 12;
/** Objects of one sender that are read side by side. */
const parallelReads = 8;

/**
 * The messages to one rank. A sender counts its messages, so the name of the next one is known and can be looked for
 * while somebody waits for that sender; what has been read is deleted, many at a time.
 */
export class ObjectInbox {
  readonly #exchange: ObjectExchange;
  readonly #epoch: string;
  readonly #rank: number;
  readonly #mailbox = new Mailbox();
  /** How many receivers wait for each sender. */
  readonly #waiting = new Map<number, number>();
  readonly #nextSequence = new Map<number, number>();
  #consumed: string[] = [];

  constructor(exchange: ObjectExchange, epoch: string, rank: number) {
    this.#exchange = exchange;
    this.#epoch = epoch;
    this.#rank = rank;
  }

  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  receive(from: number, context: number, tag: number): Arrival {
    const pending = this.#mailbox.receive(from, context, tag);
    this.#waiting.set(from, (this.#waiting.get(from) ?? 0) + 1);
    const settle = () => {
      const left = (this.#waiting.get(from) ?? 1) - 1;
      if (left > 0) this.#waiting.set(from, left);
      else this.#waiting.delete(from);
    };
    pending.promise.then(settle, settle);
    return pending;
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return this.#mailbox.hasArrived(from, context, tag);
  }

  discard(context: number, tag: number): void {
    this.#mailbox.discard(context, tag);
  }

  /** What this rank sends to itself. */
  deliverOwn(context: number, tag: number, message: Message): void {
    this.#mailbox.deliver(this.#rank, context, tag, message);
  }

  /** One look at every sender that is waited for; whether anything came. @throws CorruptMessageError */
  async look(): Promise<boolean> {
    const senders = [...this.#waiting.keys()].filter((from) => from !== this.#rank);
    const found =
      senders.length <= sendersLookedAtOneByOne
        ? await Promise.all(senders.map((from) => this.#readFrom(from)))
        : await this.#readListed(inboxPrefix(this.#epoch, this.#rank));
    await this.#forget();
    return found.some((count) => count > 0);
  }

  /** Reads everything that a sender has sent so far. */
  async drain(from: number): Promise<void> {
    await this.#readListed(`${inboxPrefix(this.#epoch, this.#rank)}${from}/`);
  }

  /** Removes what has not been read, and what has been read but is still there. */
  async clear(): Promise<void> {
    const rest = await this.#exchange.list(inboxPrefix(this.#epoch, this.#rank));
    await this.#exchange.delete(rest.map(({ name }) => name));
    this.#consumed = [];
  }

  /** Reads as many messages of one sender as there are receivers for it. */
  async #readFrom(from: number): Promise<number> {
    let count = 0;
    for (let width = 1; this.#waiting.has(from); width = parallelReads) {
      const first = this.#nextSequence.get(from) ?? 0;
      const wanted = Math.min(width, this.#waiting.get(from) ?? 1);
      const sequences = Array.from({ length: wanted }, (_, offset) => first + offset);
      const objects = await Promise.all(sequences.map((sequence) => this.#exchange.get(this.#name(from, sequence))));
      for (const [offset, object] of objects.entries()) {
        if (!object) return count;
        this.#accept(from, first + offset, object);
        count++;
      }
      // The receivers take what came before it is known whether they wait for more.
      await Promise.resolve();
    }
    return count;
  }

  /** Reads what a listing shows, in the order in which each sender sent it. */
  async #readListed(prefix: string): Promise<number[]> {
    const due = new Map<number, string[]>();
    for (const { name } of await this.#exchange.list(prefix)) {
      const [from, sequence] = name.split('/').slice(-2).map(Number);
      if (from === undefined || sequence === undefined) continue;
      const names = due.get(from) ?? [];
      // Later ones than the next may be there before it; they wait for their turn.
      if (sequence === (this.#nextSequence.get(from) ?? 0) + names.length) due.set(from, [...names, name]);
    }
    return Promise.all([...due].map(([from, names]) => this.#readNames(from, names)));
  }

  async #readNames(from: number, names: readonly string[]): Promise<number> {
    for (const name of names) {
      const object = await this.#exchange.get(name);
      if (object) this.#accept(from, lastNumber(name), object);
    }
    return names.length;
  }

  #accept(from: number, sequence: number, object: Uint8Array): void {
    // A look and a drain may read the same object side by side.
    if (sequence !== (this.#nextSequence.get(from) ?? 0)) return;
    const name = this.#name(from, sequence);
    const { communicator, tag, message } = decodeObjectFrame(name, object);
    this.#nextSequence.set(from, sequence + 1);
    this.#consumed.push(name);
    this.#mailbox.deliver(from, communicator, tag, message);
  }

  #name(from: number, sequence: number): string {
    return messageName(this.#epoch, this.#rank, from, sequence);
  }

  async #forget(): Promise<void> {
    const consumed = this.#consumed;
    this.#consumed = [];
    if (consumed.length > 0) await this.#exchange.delete(consumed);
  }
}
