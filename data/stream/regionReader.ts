import type { PlainRegion, Region } from '../storedArray.js';
import { InflateReader } from '../zip/inflateReader.js';

/** Reads parts of a region, compressed or not. */
export interface RegionReader {
  readonly region: Region;
  /** Fills `into` with the bytes that start `offset` bytes into the region. */
  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Lets go of what a compressed region holds open. */
  close(): Promise<void>;
}

/** The reader that a region needs. */
export function openRegion(region: Region): RegionReader {
  if (region.kind === 'plain') return new PlainReader(region);
  const reader = new InflateReader(region);
  return {
    region,
    read: (offset, into, signal) => reader.read(offset, into, signal),
    close: () => reader.close(),
  };
}

class PlainReader implements RegionReader {
  readonly region: PlainRegion;

  constructor(region: PlainRegion) {
    this.region = region;
  }

  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.region.source.read(this.region.offset + offset, into, signal);
  }

  async close(): Promise<void> {}
}
