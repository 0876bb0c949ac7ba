/**
 * Decides when the other end has been silent for too long. It counts beats, not milliseconds: an end whose own event
 * loop stood still for a minute sees one late beat, not sixty missed ones, and so never blames the other for it.
 */
export class Heartbeat {
  readonly #misses: number;
  #missed = 0;

  /** @param misses beats in a row without a sign of life that make the other end count as dead. */
  constructor(misses: number) {
    this.#misses = misses;
  }

  /** Anything at all has arrived. */
  heard(): void {
    this.#missed = 0;
  }

  /** Lets the next beat not count. */
  forgive(): void {
    this.#missed -= 1;
  }

  /** Called once a beat; true when the other end is dead. */
  isSilent(): boolean {
    this.#missed += 1;
    return this.#missed > this.#misses;
  }
}
