import { S3Error } from './errors.js';

const maxLineBytes = 4096;
const maxTrailers = 16;

type State = 'size' | 'data' | 'dataEnd' | 'trailer' | 'done';

/**
 * Decodes the `aws-chunked` content encoding: chunks of `<hex size>[;chunk-signature=...]CRLF<bytes>CRLF`, a chunk of
 * size 0, then trailers `name:value`, then an empty line. Data passes through as views, never copied.
 *
 * Source: S3 API Reference, "Signature calculations for streaming uploads" with and without trailing headers.
 */
export class AwsChunkedDecoder {
  /** Trailers in lower case, once they have come. */
  readonly trailers = new Map<string, string>();
  #state: State = 'size';
  /** Data bytes still to come of the chunk. */
  #remaining = 0;
  #line = '';

  /** Whether the encoding came to its end. */
  get isComplete(): boolean {
    return this.#state === 'done';
  }

  /**
   * Takes the next bytes off the wire and yields the data among them.
   *
   * @throws S3Error InvalidRequest when the bytes are not aws-chunked
   */
  *decode(bytes: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#remaining);
        yield bytes.subarray(at, end);
        this.#remaining -= end - at;
        at = end;
        if (this.#remaining === 0) this.#state = 'dataEnd';
        continue;
      }
      const lineFeed = bytes.indexOf(0x0a, at);
      const end = lineFeed < 0 ? bytes.length : lineFeed;
      this.#line += bytes.toString('latin1', at, end);
      if (this.#line.length > maxLineBytes) throw malformed(`a line longer than ${maxLineBytes} bytes`);
      at = end + 1;
      if (lineFeed < 0) return;
      const line = this.#line.replace(/\r$/, '');
      this.#line = '';
      this.#takeLine(line);
    }
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case 'size':
        this.#takeSize(line);
        break;
      case 'dataEnd':
        if (line !== '') throw malformed('no line end behind the data of a chunk');
        this.#state = 'size';
        break;
      case 'trailer':
        this.#takeTrailer(line);
        break;
      default:
        throw malformed('bytes behind its end');
    }
  }

  #takeSize(line: string): void {
    const size = /^([0-9a-f]{1,13})[ \t]*(;.*)?$/i.exec(line);
    if (!size) throw malformed(`"${line.slice(0, 40)}" for the size of a chunk`);
    this.#remaining = Number.parseInt(size[1], 16);
    this.#state = this.#remaining === 0 ? 'trailer' : 'data';
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      this.#state = 'done';
      return;
    }
    const mark = line.indexOf(':');
    if (mark < 1) throw malformed(`"${line.slice(0, 40)}" for a trailer`);
    if (this.trailers.size === maxTrailers) throw malformed(`more than ${maxTrailers} trailers`);
    this.trailers.set(line.slice(0, mark).trim().toLowerCase(), line.slice(mark + 1).trim());
  }
}

function malformed(what: string): S3Error {
  return new S3Error('InvalidRequest', { message: `The aws-chunked body is malformed: it has ${what}.` });
}
