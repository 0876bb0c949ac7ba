import type { Message, Pending } from './channel.js';

interface Slot {
  /** Messages that nobody has asked for yet, oldest first. */
  readonly messages: Message[];
  /** Receivers that wait, oldest first. At most one of the two is not empty. */
  readonly receivers: ((message: Message) => void)[];
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
      receiver(message);
    } else if (slot) slot.messages.push(message);
    else this.#slots.set(name, { messages: [message], receivers: [] });
  }

  receive(from: number, context: number, tag: number): Pending<Message> {
    const name = slotName(from, context, tag);
    const waiting = this.#slots.get(name);
    const message = waiting?.messages.shift();
    if (waiting && message) {
      this.#tidy(name, waiting);
      return { promise: Promise.resolve(message), cancel() {} };
    }
    const slot = waiting ?? { messages: [], receivers: [] };
    this.#slots.set(name, slot);
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<Message>((resolve, reject) => {
      slot.receivers.push(resolve);
      cancel = (reason) => {
        const place = slot.receivers.indexOf(resolve);
        if (place < 0) return;
        slot.receivers.splice(place, 1);
        this.#tidy(name, slot);
        reject(reason);
      };
    });
    return { promise, cancel };
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

  #tidy(name: string, slot: Slot): void {
    if (slot.messages.length === 0 && slot.receivers.length === 0) this.#slots.delete(name);
  }
}

function slotName(from: number, context: number, tag: number): string {
  return `${from}:${context}:${tag}`;
}
