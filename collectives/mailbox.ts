import type { Message, Pending } from './channel.js';

interface Receiver {
  readonly into: Uint8Array | undefined;
  readonly resolve: (message: Message) => void;
  /** Set while a message that is under way is written to `into`. */
  claim?: Claim;
}

interface Slot {
  /** Messages that nobody has asked for yet, oldest first. */
  readonly messages: Message[];
  /** Receivers that wait, oldest first. At most one of the two is not empty. */
  readonly receivers: Receiver[];
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

/** Matches messages with receivers by sender, context and tag, each in the order in which they came. */
export class Mailbox {
  readonly #slots = new Map<string, Slot>();
  /** Context and tag of operations that were given up. */
  readonly #discarded = new Set<string>();

  deliver(from: number, context: number, tag: number, message: Message): void {
    if (this.#discarded.size > 0 && this.#discarded.has(`${context}:${tag}`)) return;
    const name = slotName(from, context, tag);
    const slot = this.#slots.get(name);
    const receiver = slot?.receivers.shift();
    if (slot && receiver) {
      this.#tidy(name, slot);
      receiver.resolve(message);
    } else if (slot) slot.messages.push(message);
    else this.#slots.set(name, { messages: [message], receivers: [] });
  }

  /** The next message of a rank with this context and tag; `into` may be claimed for its bytes. */
  receive(from: number, context: number, tag: number, into?: Uint8Array): Pending<Message> {
    const name = slotName(from, context, tag);
    const waiting = this.#slots.get(name);
    const message = waiting?.messages.shift();
    if (waiting && message) {
      this.#tidy(name, waiting);
      return { promise: Promise.resolve(message), cancel() {} };
    }
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<Message>((resolve, reject) => {
      const receiver: Receiver = { into, resolve };
      this.#slot(name).receivers.push(receiver);
      cancel = (reason) => {
        const slot = this.#slots.get(name);
        const place = slot?.receivers.indexOf(receiver) ?? -1;
        if (slot && place >= 0) {
          slot.receivers.splice(place, 1);
          this.#tidy(name, slot);
        }
        receiver.claim?.onRevoked();
        reject(reason);
      };
    });
    return { promise, cancel };
  }

  /** The memory of the receiver that waits for the message of so many bytes that begins to come, if it has some. */
  claim(from: number, context: number, tag: number, bytes: number): Claim | undefined {
    const name = slotName(from, context, tag);
    const slot = this.#slots.get(name);
    const receiver = slot?.receivers[0];
    if (!slot || !receiver?.into || receiver.into.byteLength !== bytes) return undefined;
    slot.receivers.shift();
    this.#tidy(name, slot);
    receiver.claim = {
      bytes: receiver.into,
      onRevoked: () => {},
      complete: (message) => {
        delete receiver.claim;
        receiver.resolve(message);
      },
      release: () => {
        delete receiver.claim;
        this.#slot(name).receivers.unshift(receiver);
      },
    };
    return receiver.claim;
  }

  hasArrived(from: number, context: number, tag: number): boolean {
    return (this.#slots.get(slotName(from, context, tag))?.messages.length ?? 0) > 0;
  }

  discard(context: number, tag: number): void {
    this.#discarded.add(`${context}:${tag}`);
    for (const [name, slot] of this.#slots) {
      if (slot.receivers.length === 0 && name.endsWith(`:${context}:${tag}`)) this.#slots.delete(name);
    }
  }

  /** A new epoch begins: what has come belongs to the old one. Whoever still waits has been told before. */
  restart(): void {
    this.#slots.clear();
    this.#discarded.clear();
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name) ?? { messages: [], receivers: [] };
    this.#slots.set(name, slot);
    return slot;
  }

  #tidy(name: string, slot: Slot): void {
    if (slot.messages.length === 0 && slot.receivers.length === 0) this.#slots.delete(name);
  }
}

function slotName(from: number, context: number, tag: number): string {
  return `${from}:${context}:${tag}`;
}
