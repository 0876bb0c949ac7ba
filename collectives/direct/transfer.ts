import type { Message, Pending } from '../channel.js';

/** A message on its way out, whichever way that turns out to be. */
export class Transfer implements Pending<void> {
  readonly context: number;
  readonly tag: number;
  readonly message: Message;
  readonly promise: Promise<void>;
  /** Bytes that were handed to the socket of a direct link. */
  emittedBytes = 0;
  /** Whether the sender leaves the bytes as they are until it calls `hurry`. */
  isPatient = false;
  /** Set by whoever carries the message at the time. */
  onCancel: (reason: Error) => void = () => {};
  onHurry: () => void = () => {};
  isSettled = false;
  #resolve: () => void = () => {};
  #reject: (reason: Error) => void = () => {};

  constructor(context: number, tag: number, message: Message) {
    this.context = context;
    this.tag = tag;
    this.message = message;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get remainingBytes(): number {
    return this.message.bytes.byteLength - this.emittedBytes;
  }

  readonly resolve = (): void => {
    this.isSettled = true;
    this.#resolve();
  };

  readonly reject = (reason: Error): void => {
    this.isSettled = true;
    this.#reject(reason);
  };

  cancel(reason: Error): void {
    this.onCancel(reason);
  }

  hurry(): void {
    this.isPatient = false;
    this.onHurry();
  }

  /** From here on it fares as `pending` does. */
  follow(pending: Pending<void>): void {
    this.onCancel = (reason) => pending.cancel(reason);
    this.onHurry = () => pending.hurry?.();
    pending.promise.then(this.resolve, this.reject);
  }
}
