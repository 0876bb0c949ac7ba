/** Removals that nobody waits for, until the service closes. One that fails is reported; the next start removes the rest. */
export class Cleanup {
  readonly #running = new Set<Promise<void>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  start(removal: Promise<void>): void {
    const settled = removal.catch(this.#report).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
  }

  async finish(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
