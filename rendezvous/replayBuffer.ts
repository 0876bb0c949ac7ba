import type { PackedFrame } from './packedFrame.js';

/** Bookkeeping bytes that a kept frame costs beside its own, so that tiny frames cannot fill the memory. */
const FRAME_OVERHEAD_BYTES = 256;
/** Released places at the front of the list before it is cut. */
const MAX_SLACK = 1024;

/** What a frame of so many bytes, its header included, counts for against the limits. */
export function costOf(frameBytes: number): number {
  return frameBytes + FRAME_OVERHEAD_BYTES;
}

/**
 * The counted frames that one end has sent and the other has not acknowledged: what must be sent again when the
 * connection between them is replaced. Frames are numbered from 1 in the order of sending.
 */
export class ReplayBuffer {
  readonly #frames: (PackedFrame | undefined)[] = [];
  /** Places of `#frames` that are empty already. */
  #slack = 0;
  #released = 0;
  #costBytes = 0;

  /** Frames sent since the beginning of the session. */
  get sent(): number {
    return this.#released + this.#frames.length - this.#slack;
  }

  /** What the kept frames cost. */
  get costBytes(): number {
    return this.#costBytes;
  }

  /** Keeps a frame that is being sent. Returns what it costs. */
  append(frame: PackedFrame): number {
    frame.hold();
    this.#frames.push(frame);
    const cost = costOf(frame.length);
    this.#costBytes += cost;
    return cost;
  }

  /** Lets go of the frames up to `count`. Returns what they cost; `undefined` when so many were never sent. */
  release(count: number): number | undefined {
    if (count > this.sent) return undefined;
    let freed = 0;
    while (this.#released < count) {
      const frame = this.#frames[this.#slack];
      this.#frames[this.#slack] = undefined;
      this.#slack += 1;
      this.#released += 1;
      if (!frame) continue;
      freed += costOf(frame.length);
      frame.release();
    }
    this.#costBytes -= freed;
    if (this.#slack === this.#frames.length || this.#slack > MAX_SLACK) {
      this.#frames.splice(0, this.#slack);
      this.#slack = 0;
    }
    return freed;
  }

  /** Whether everything after the first `count` frames is still here. */
  reaches(count: number): boolean {
    return count >= this.#released && count <= this.sent;
  }

  /** The frames after the first `count`. */
  *after(count: number): Generator<PackedFrame> {
    for (let place = this.#slack + count - this.#released; place < this.#frames.length; place++) {
      const frame = this.#frames[place];
      if (frame) yield frame;
    }
  }
}
