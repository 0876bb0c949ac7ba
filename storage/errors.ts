import { MusterError } from '../run/errors.js';

/** A source ended before the bytes that were asked for. */
export class ShortReadError extends MusterError {
  readonly code = 'SHORT_READ';

  constructor(source: string, offset: number, length: number, size: number) {
    super(`${source}: wanted ${length} bytes at offset ${offset}, but it has only ${size} bytes.`, {
      remedy: 'The file is truncated or was replaced while it was read; upload it again.',
    });
  }
}
