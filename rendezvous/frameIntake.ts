import type { OnReadOpts } from 'node:net';
import type { FrameSocket } from './frameSocket.js';

/** Read into before anybody knows what comes, and consumed at once. */
const scratch = Buffer.allocUnsafeSlow(16_384);

/** Takes what comes before the frames, and returns what is left of it for them. */
export type Preamble = (bytes: Buffer) => Buffer | undefined;

/** Lets a socket put what it reads straight to where it belongs (`onread` of `net.connect`), once frames come. */
export class FrameIntake {
  readonly onread: OnReadOpts;
  readonly #preamble: Preamble;
  #frames: FrameSocket | undefined;
  /** Whether the memory of the present read was given by `#frames`. */
  #isInPlace = false;
  /** What came for the frames before anybody listened. */
  #early: Buffer[] = [];

  constructor(preamble: Preamble = (bytes) => bytes) {
    this.#preamble = preamble;
    this.onread = {
      buffer: () => {
        const place = this.#frames?.place();
        this.#isInPlace = place !== undefined;
        return place ?? scratch;
      },
      callback: (length) => {
        this.#arrived(length);
        return true;
      },
    };
  }

  /** From here on everything belongs to `frames`. */
  open(frames: FrameSocket): void {
    this.#frames = frames;
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) frames.feed(bytes);
  }

  #arrived(length: number): void {
    if (this.#frames && this.#isInPlace) {
      this.#frames.placed(length);
      return;
    }
    const bytes = scratch.subarray(0, length);
    const rest = this.#frames ? bytes : this.#preamble(Buffer.from(bytes));
    if (!rest) return;
    if (this.#frames) this.#frames.feed(rest);
    else this.#early.push(rest);
  }
}
