/** A place in the counted frames that a member has sent. */
interface Place {
  readonly frames: number;
  readonly bytes: number;
}

/**
 * What has come from one member, and how much of it the member was told. As long as some receiver has too much waiting,
 * the acknowledgement stays before the frame that was too much, so that the member stops when its window is full.
 */
export class ReceiveWindow<Receiver> {
  #receivedFrames = 0;
  #receivedBytes = 0;
  #acknowledgedFrames = 0;
  #acknowledgedBytes = 0;
  /** What may be acknowledged at most, by the receiver that has too much waiting already. */
  readonly #limits = new Map<Receiver, Place>();

  get receivedFrames(): number {
    return this.#receivedFrames;
  }

  get acknowledgedFrames(): number {
    return this.#acknowledgedFrames;
  }

  get unacknowledgedBytes(): number {
    return this.#receivedBytes - this.#acknowledgedBytes;
  }

  /** The receivers that hold this member back. */
  get holders(): Iterable<Receiver> {
    return this.#limits.keys();
  }

  /** A counted frame has come. */
  add(costBytes: number): void {
    this.#receivedFrames += 1;
    this.#receivedBytes += costBytes;
  }

  /** The last frame was too much for a receiver. False when it holds this member back already. */
  hold(receiver: Receiver): boolean {
    if (this.#limits.has(receiver)) return false;
    this.#limits.set(receiver, { frames: this.#receivedFrames - 1, bytes: this.#receivedBytes });
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
    let place: Place = { frames: this.#receivedFrames, bytes: this.#receivedBytes };
    for (const limit of this.#limits.values()) if (limit.frames < place.frames) place = limit;
    if (place.frames <= this.#acknowledgedFrames) return false;
    this.#acknowledgedFrames = place.frames;
    this.#acknowledgedBytes = place.bytes;
    return true;
  }
}
