import type { OnReadOpts } from 'node:net';
import type { ControlStream } from './controlStream.js';
import type { FrameSocket } from './frameSocket.js';

/** Read into before anybody knows what comes, and consumed at once. */
const scratch = Buffer.allocUnsafeSlow(16_384);
const MAX_ANSWER_BYTES = 16_384;
const END_OF_HEADERS = '\r\n\r\n';

/**
 * What a client reads: first the answer to its request, which is for the WebSocket library; behind an answer that
 * grants it, frames, which the socket puts where they belong by itself (`onread` of `net.connect`).
 */
export class ClientIntake {
  /** To be given to `net.connect`. */
  readonly onread: OnReadOpts;
  /** The answer as far as it has come; `undefined` once it is known. */
  #answer: Buffer | undefined = Buffer.alloc(0);
  #isRefused = false;
  #control: ControlStream | undefined;
  #frames: FrameSocket | undefined;
  /** What came behind the answer before the library had read it. */
  #early: Buffer[] = [];

  constructor() {
    this.onread = {
      buffer: () => this.#frames?.place() ?? scratch,
      callback: (length) => {
        if (this.#frames) this.#frames.placed(length);
        else this.#arrived(Buffer.from(scratch.subarray(0, length)));
        return true;
      },
    };
  }

  /** The stream by which the library reads. To be called before anything can arrive. */
  attach(control: ControlStream): void {
    this.#control = control;
  }

  /** The request was granted: what follows are frames. */
  open(frames: FrameSocket): void {
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) frames.feed(bytes);
    this.#frames = frames;
  }

  #arrived(bytes: Buffer): void {
    if (!this.#control) return;
    if (!this.#answer) {
      if (this.#isRefused) this.#control.accept(bytes);
      else this.#early.push(bytes);
      return;
    }
    const answer = Buffer.concat([this.#answer, bytes]);
    const end = answer.indexOf(END_OF_HEADERS);
    if (end < 0) {
      this.#answer = answer;
      if (answer.length > MAX_ANSWER_BYTES) this.#control.destroy(new Error('the answer has too long a head'));
      return;
    }
    const headBytes = end + END_OF_HEADERS.length;
    const isGranted = /^HTTP\/1\.1 101 /.test(answer.toString('latin1', 0, 13));
    this.#answer = undefined;
    this.#isRefused = !isGranted;
    if (isGranted && answer.length > headBytes) this.#early.push(answer.subarray(headBytes));
    this.#control.accept(isGranted ? answer.subarray(0, headBytes) : answer);
  }
}
