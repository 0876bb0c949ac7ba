import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** Longest log event; a longer line is cut into several (CloudWatch allows 1 MiB an event, with 26 bytes of overhead). */
const maxLineLength = 256 * 1024;

/**
 * What a process writes to stdout and stderr, line by line.
 *
 * Both go to one file in append mode and not to pipes: writes to a file are done when the write returns, so once the
 * runtime has asked for its next invocation (or has exited), everything that it wrote before can be read, in order.
 */
export class OutputCapture {
  readonly #file: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  #position = 0;
  #partialLine = '';

  /** @param path file to capture into; made anew. */
  constructor(path: string) {
    this.#file = openSync(path, 'ax+');
  }

  /** Descriptor to give to the process as stdout and stderr. */
  get descriptor(): number {
    return this.#file;
  }

  /** @returns the complete lines written since the last call. */
  readLines(): string[] {
    const end = fstatSync(this.#file).size;
    const lines: string[] = [];
    while (this.#position < end) {
      const bytes = readSync(this.#file, this.#buffer, 0, this.#buffer.length, this.#position);
      if (bytes === 0) break;
      this.#position += bytes;
      this.#take(this.#decoder.write(this.#buffer.subarray(0, bytes)), lines);
    }
    return lines;
  }

  /** @returns all lines since the last call; the last one even if its newline is missing. */
  readAll(): string[] {
    const lines = this.readLines();
    const rest = this.#partialLine + this.#decoder.end();
    this.#partialLine = '';
    if (rest !== '') lines.push(rest);
    return lines;
  }

  close(): void {
    closeSync(this.#file);
  }

  #take(text: string, lines: string[]): void {
    const pieces = (this.#partialLine + text).split('\n');
    this.#partialLine = pieces.pop() ?? '';
    for (const piece of pieces) for (const line of cut(piece)) lines.push(line);
    while (this.#partialLine.length > maxLineLength) {
      lines.push(this.#partialLine.slice(0, maxLineLength));
      this.#partialLine = this.#partialLine.slice(maxLineLength);
    }
  }
}

function cut(line: string): string[] {
  if (line.length <= maxLineLength) return [line];
  const parts: string[] = [];
  for (let start = 0; start < line.length; start += maxLineLength) parts.push(line.slice(start, start + maxLineLength));
  return parts;
}
