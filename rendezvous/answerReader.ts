import type { ControlStream } from './controlStream.js';

const MAX_HEAD_BYTES = 16_384;
const END_OF_HEAD = '\r\n\r\n';

/**
 * Hands the answer to a request for a WebSocket to the library: the whole of a refusal, but of an answer that grants it
 * only the head, because what follows are frames.
 */
export class AnswerReader {
  /** The head as far as it has come. */
  #head: Buffer = Buffer.alloc(0);
  #outcome: 'open' | 'granted' | 'refused' = 'open';
  #control: ControlStream | undefined;

  /** The stream by which the library reads; to be called before anything can arrive. */
  attach(control: ControlStream): void {
    this.#control = control;
  }

  /** Returns what lies behind the answer. */
  take(bytes: Buffer): Buffer | undefined {
    if (this.#outcome === 'granted') return bytes;
    if (this.#outcome === 'refused') {
      this.#control?.accept(bytes);
      return undefined;
    }
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end >= 0) return this.#judge(this.#head, end + END_OF_HEAD.length);
    if (this.#head.length > MAX_HEAD_BYTES) this.#control?.destroy(new Error('the answer has no end of its head'));
    return undefined;
  }

  #judge(answer: Buffer, headBytes: number): Buffer | undefined {
    const isGranted = answer.toString('latin1', 0, 13) === 'HTTP/1.1 101 ';
    this.#outcome = isGranted ? 'granted' : 'refused';
    this.#control?.accept(isGranted ? answer.subarray(0, headBytes) : answer);
    return isGranted && answer.length > headBytes ? answer.subarray(headBytes) : undefined;
  }
}
