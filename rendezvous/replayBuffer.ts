import type { PackedFrame } from './packedFrame.js';

/** Bookkeeping bytes that a kept frame costs beside its own, so that tiny frames cannot fill the memory. */
const FRAME_OVERHEAD_BYTES = 256;
/** Released places at the front of the list before it is cut. */
const MAX_SLACK = 1024;

interface SentFrame {
  readonly frame: PackedFrame;
  readonly released: (() => void) | undefined;
}

/** What a frame counts for against the limits. */
export function costOf(frame: { readonly length: number }): number {
  return frame.length + FRAME_OVERHEAD_BYTES;
}

/**
 * The counted frames that one end has sent and the other has not acknowledged: what must be sent again when the
 * connection between them is replaced. Frames are numbered from 1 in the order of sending.
 */
export class ReplayBuffer {
  readonly #frames: (SentFrame | undefined)[] = [];
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

  /** Keeps a frame that is being sent; `released` is called when it need not be kept any more. */
  append(frame: PackedFrame, released?: () => void): void {
    frame.hold();
    this.#frames.push({ frame, released });
    this.#costBytes += costOf(frame);
  }

  /** Lets go of the frames up to `count`. Returns what they cost; `undefined` when so many were never sent. */
  release(count: number): number | undefined {
    if (count > this.sent) return undefined;
    let freed = 0;
    const callbacks: (() => void)[] = [];
    while (this.#released < count) {
      const sent = this.#frames[this.#slack];
      this.#frames[this.#slack] = undefined;
      this.#slack += 1;
      this.#released += 1;
      if (!sent) continue;
      freed += costOf(sent.frame);
      sent.frame.release();
      if (sent.released) callbacks.push(sent.released);
    }
    this.#costBytes -= freed;
    if (this.#slack === this.#frames.length || this.#slack > MAX_SLACK) {
      this.#frames.splice(0, this.#slack);
      this.#slack = 0;
    }
    for (const callback of callbacks) callback();
    return freed;
  }

  /** Whether everything after the first `count` frames is still here. */
  reaches(count: number): boolean {
    return count >= this.#released && count <= this.sent;
  }

  /** The frames after the first `count`. */
  *after(count: number): Generator<PackedFrame> {
    for (let place = this.#slack + count - this.#released; place < this.#frames.length; place++) {
      const sent = this.#frames[place];
      if (sent) yield sent.frame;
    }
  }
}
