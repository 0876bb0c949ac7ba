import type { Answer, FakeFunction } from './fakeLambda.js';

/** A function whose calls go on until their callers give up; it counts both. */
export class EndlessFunction {
  begun = 0;
  givenUp = 0;
  #watchers: (() => void)[] = [];

  readonly run: FakeFunction = (_payload, { signal }) =>
    new Promise<Answer>((resolve) => {
      this.begun++;
      signal.addEventListener('abort', () => {
        this.givenUp++;
        this.#tell();
        resolve({ result: null });
      });
      this.#tell();
    });

  /** Resolves when the counts are as a test wants them. */
  async until(test: (counts: { begun: number; givenUp: number }) => boolean): Promise<void> {
    while (!test(this)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #tell(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
