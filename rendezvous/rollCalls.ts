import type { Clock } from './clock.js';
import type { RankRange } from './rankRanges.js';

type Answer = (missing: readonly RankRange[] | undefined) => void;

/** Questions of one member about who is missing, until they are answered. */
export class RollCalls {
  readonly #clock: Clock;
  readonly #send: (communicator: number, tag: number) => void;
  readonly #open = new Map<string, Answer[]>();

  constructor(clock: Clock, send: (communicator: number, tag: number) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** `undefined` when no answer comes within `timeoutMs`. */
  ask(communicator: number, tag: number, timeoutMs: number): Promise<readonly RankRange[] | undefined> {
    return new Promise((resolve) => {
      const name = `${communicator}:${tag}`;
      const cancel = this.#clock.after(timeoutMs, () => answer(undefined));
      const answer: Answer = (missing) => {
        cancel();
        resolve(missing);
      };
      this.#open.set(name, [...(this.#open.get(name) ?? []), answer]);
      this.#send(communicator, tag);
    });
  }

  answer(communicator: number, tag: number, missing: readonly RankRange[]): void {
    const name = `${communicator}:${tag}`;
    const answers = this.#open.get(name) ?? [];
    this.#open.delete(name);
    for (const answer of answers) answer(missing);
  }

  /** Nobody is going to answer any more. */
  end(): void {
    const answers = [...this.#open.values()].flat();
    this.#open.clear();
    for (const answer of answers) answer(undefined);
  }
}
