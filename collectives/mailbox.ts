import type { Arrival, Message } from './channel.js';

interface Slot {
  /** Messages that nobody has asked for yet, oldest first. */
  readonly messages: Message[];
  /** Receivers that wait, oldest first. At most one of the two is not empty. */
  readonly receivers: Receipt[];
}

/** Memory of a receiver that waits, lent to whoever brings its message. */
export interface Claim {
  readonly bytes: Uint8Array;
  /** Called when the receiver takes its memory back before the message is complete. */
  onRevoked: () => void;
  /** Hands the complete message over. */
  complete(message: Message): void;
  /** Gives the memory back: the message is not coming. */
  release(): void;
}

const TAGS = 2 ** 32;

/** The slots of one context, by sender and tag in one number: ranks are below 2^21. */
type Slots = Map<number, Slot>;

/** Matches messages with receivers by sender, context and tag, each in the order in which they came. */
export class Mailbox {
  readonly #contexts = new Map<number, Slots>();
  /** Context and tag of operations that were given up. */
  readonly #discarded = new Set<string>();

  deliver(from: number, context: number, tag: number, message: Message): void {
    if (this.#discarded.size > 0 && this.#discarded.has(`${context}:${tag}`)) return;
    const slots = this.#slotsOf(context);
    const key = from * TAGS + tag;
    const slot = slots.get(key);
    if (!slot) {
      slots.set(key, { messages: [message], receivers: [] });
      return;
    }
    const receiver = slot.receivers.shift();
    if (!receiver) {
      slot.messages.push(message);
      return;
    }
    if (slot.receivers.length === 0) slots.delete(key);
    receiver.resolve(message);
  }

  /** The next message of a rank with this context and tag; `into` may be claimed for its bytes. */
  receive(from: number, context: number, tag: number, into?: Uint8Array): Arrival {
    const slots = this.#slotsOf(context);
    const key = from * TAGS + tag;
    const slot = slots.get(key);
    const message = slot?.messages.shift();
    if (slot && message) {
      if (slot.messages.length === 0) slots.delete(key);
      return { from, promise: Promise.resolve(message), isSettled: true, cancel() {} };
    }
    const receipt = new Receipt(slots, key, from, into);
    if (slot) slot.receivers.push(receipt);
    else slots.set(key, { messages: [], receivers: [receipt] });
    return receipt;
  }

  /** The memory of the receiver that waits for the message of so many bytes that begins to come, if it has some. */
  claim(from: number, context: number, tag: number, bytes: number): Claim | undefined {
    const slots = this.#slotsOf(context);
    const key = from * TAGS + tag;
    const slot = slots.get(key);
    const receipt = slot?.receivers[0];
    if (!slot || receipt?.into?.byteLength !== bytes) return undefined;
    slot.receivers.shift();
    if (slot.receivers.length === 0) slots.delete(key);
    return receipt.lend(receipt.into);
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return (this.#contexts.get(context)?.get(from * TAGS + tag)?.messages.length ?? 0) > 0;
  }

  discard(context: number, tag: number): void {
    this.#discarded.add(`${context}:${tag}`);
    const slots = this.#slotsOf(context);
    for (const [key, slot] of slots) {
      if (slot.receivers.length === 0 && key % TAGS === tag) slots.delete(key);
    }
  }

  /** A new epoch begins: what has come belongs to the old one. Whoever still waits has been told before. */
  restart(): void {
    this.#contexts.clear();
    this.#discarded.clear();
  }

  #slotsOf(context: number): Slots {
    const known = this.#contexts.get(context);
    if (known) return known;
    const slots: Slots = new Map();
    this.#contexts.set(context, slots);
    return slots;
  }
}

/** A receiver that waits. */
class Receipt implements Arrival {
  readonly from: number;
  readonly promise: Promise<Message>;
  readonly into: Uint8Array | undefined;
  isSettled = false;
  readonly #slots: Slots;
  readonly #key: number;
  #resolve: (message: Message) => void = ignored;
  #reject: (reason: Error) => void = ignored;
  /** Set while a message that is under way is written to `into`. */
  #claim: Claim | undefined;

  constructor(slots: Slots, key: number, from: number, into: Uint8Array | undefined) {
    this.from = from;
    this.into = into;
    this.#slots = slots;
    this.#key = key;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(message: Message): void {
    this.isSettled = true;
    this.#resolve(message);
  }

  cancel(reason: Error): void {
    if (this.isSettled) return;
    this.isSettled = true;
    const slot = this.#slots.get(this.#key);
    const place = slot?.receivers.indexOf(this) ?? -1;
    if (slot && place >= 0) {
      slot.receivers.splice(place, 1);
      if (slot.receivers.length === 0) this.#slots.delete(this.#key);
    }
    this.#claim?.onRevoked();
    // An algorithm has many under way and may end on the first that fails, before it has looked at the others.
    this.promise.catch(ignored);
    this.#reject(reason);
  }

  lend(bytes: Uint8Array): Claim {
    this.#claim = {
      bytes,
      onRevoked: () => {},
      complete: (message) => {
        this.#claim = undefined;
        this.resolve(message);
      },
      release: () => {
        this.#claim = undefined;
        const slot = this.#slots.get(this.#key);
        if (slot) slot.receivers.unshift(this);
        else this.#slots.set(this.#key, { messages: [], receivers: [this] });
      },
    };
    return this.#claim;
  }
}

function ignored(): void {}
