import type { Clock } from '../../rendezvous/clock.js';

/** How often something that is not there yet is looked for. */
export interface PollInterval {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How fast the interval grows while nothing comes. */
const growth = 1.5;

/**
 * Runs a look again and again while there is something to look for: at once after a look that found something, otherwise
 * after an interval that grows from `minMs` to `maxMs`. Never two looks at a time.
 */
export class Polling {
  readonly #look: () => Promise<'found' | 'nothing' | 'idle'>;
  readonly #interval: PollInterval;
  readonly #clock: Clock;
  #delayMs: number;
  #looking = false;
  #again = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;

  /** @param look must not reject; it answers `idle` when there is nothing to look for. */
  constructor(look: () => Promise<'found' | 'nothing' | 'idle'>, interval: PollInterval, clock: Clock) {
    this.#look = look;
    this.#interval = interval;
    this.#clock = clock;
    this.#delayMs = interval.minMs;
  }

  /** There is something new to look for: looks at once, and often for a while. */
  wake(): void {
    this.#delayMs = this.#interval.minMs;
    if (this.#looking) this.#again = true;
    else this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  #run(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#stopped) return;
    this.#looking = true;
    this.#again = false;
    void this.#look().then((outcome) => {
      this.#looking = false;
      if (this.#stopped) return;
      if (outcome === 'found') this.#delayMs = this.#interval.minMs;
      if (outcome === 'found' || this.#again) this.#run();
      else if (outcome === 'nothing') {
        this.#cancelTimer = this.#clock.after(this.#delayMs, () => this.#run());
        this.#delayMs = Math.min(this.#interval.maxMs, this.#delayMs * growth);
      }
    });
  }
}
