/** Hands messages from callbacks to one reader that takes them in order, each with a deadline. */
export class Mailbox<T> {
  readonly #waiting: T[] = [];
  #reader: ((message: T) => void) | undefined;

  put(message: T): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) reader(message);
    else this.#waiting.push(message);
  }

  /** @returns the next message, or undefined when none arrives within `timeoutMs`. One reader at a time. */
  async take(timeoutMs: number): Promise<T | undefined> {
    if (this.#waiting.length > 0) return this.#waiting.shift();
    if (this.#reader) throw new Error('a mailbox has one reader at a time');
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#reader = undefined;
          resolve(undefined);
        },
        Math.max(0, timeoutMs),
      );
      this.#reader = (message) => {
        clearTimeout(timer);
        resolve(message);
      };
    });
  }
}
