/** Counted frames from the beginning of a session, and what they cost. */
interface Progress {
  readonly frames: number;
  readonly bytes: number;
}

/**
 * What has come from one member, and how much of it the member was told. As long as some receiver has too much waiting,
 * the acknowledgement stays before the frame that was too much, so that the member stops when its window is full.
 */
export class ReceiveWindow<Receiver> {
  #received: Progress = { frames: 0, bytes: 0 };
  #acknowledged: Progress = { frames: 0, bytes: 0 };
  /** What may be acknowledged at most, by the receiver that has too much waiting already. */
  readonly #limits = new Map<Receiver, Progress>();

  get receivedFrames(): number {
    return this.#received.frames;
  }

  get acknowledgedFrames(): number {
    return this.#acknowledged.frames;
  }

  get unacknowledgedBytes(): number {
    return this.#received.bytes - this.#acknowledged.bytes;
  }

  /** The receivers that hold this member back. */
  get holders(): Iterable<Receiver> {
    return this.#limits.keys();
  }

  /** A counted frame has come. */
  add(costBytes: number): void {
    this.#received = { frames: this.#received.frames + 1, bytes: this.#received.bytes + costBytes };
  }

  /** The last frame was too much for a receiver. False when it holds this member back already. */
  hold(receiver: Receiver): boolean {
    if (this.#limits.has(receiver)) return false;
    this.#limits.set(receiver, { ...this.#received, frames: this.#received.frames - 1 });
    return true;
  }

  release(receiver: Receiver): void {
    this.#limits.delete(receiver);
  }

  clear(): void {
    this.#limits.clear();
  }

  /** Goes as far as the receivers allow. False when that is no further than before. */
  advance(): boolean {
    let progress = this.#received;
    for (const limit of this.#limits.values()) if (limit.frames < progress.frames) progress = limit;
    if (progress.frames <= this.#acknowledged.frames) return false;
    this.#acknowledged = progress;
    return true;
  }
}
