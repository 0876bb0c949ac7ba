import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of spent buffers that may pile up before they are given back. */
const tolerance = 2 * 1024 * 1024;

type MinorCollection = (options: { type: 'minor' }) => void;

/**
 * Gives spent buffers of streams back early. Every 64 KiB that a socket reads, and every piece that zlib inflates, come in a
 * buffer of their own, of which the collector sees but a few bytes of JavaScript: left alone it lets tens of megabytes of
 * them pile up, which an executor pays for as memory. A minor collection takes about a millisecond.
 */
export class SpentBuffers {
  readonly #collect: MinorCollection;
  #spentBytes = 0;

  constructor(collect: MinorCollection = exposedCollector()) {
    this.#collect = collect;
  }

  /** Notes buffers whose content was copied to its place. */
  spend(bytes: number): void {
    this.#spentBytes += bytes;
    if (this.#spentBytes < tolerance) return;
    this.#spentBytes = 0;
    this.#collect({ type: 'minor' });
  }
}

/** V8 hands its collector to contexts that are made while the flag is on. */
function exposedCollector(): MinorCollection {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect !== 'function') throw new TypeError('V8 did not expose its collector');
  return (options) => void collect(options);
}
