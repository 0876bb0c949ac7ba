import { crc32 } from 'node:zlib';
import type { ByteSource } from '../../storage/byteSource.js';
import { CachedSource } from '../cachedSource.js';
import { TruncatedPartitionError } from '../errors.js';
import type { Region, StoredArray } from '../storedArray.js';
import { openRegion, type RegionReader } from '../stream/regionReader.js';
import type { ZipEntry } from '../zip/directory.js';
import { entryStorage } from '../zip/entryBytes.js';
import { npyArray } from './npyFile.js';
import { headerExtent, NPY_PREFIX_BYTES, parseNpyHeader } from './npyHeader.js';

const SUFFIX = '.npy';
/** Headers of entries are far apart; this many are fetched at the same time. */
const HEADERS_AT_ONCE = 16;
/** Enough for the zip's header and the array's own, in one request. */
const HEADER_WINDOW_BYTES = 4096;

/** Reads the header of every array of an `.npz`; arrays are named by their keys, in file order. */
export async function readNpz(
  source: ByteSource,
  entries: readonly ZipEntry[],
  signal?: AbortSignal,
): Promise<StoredArray[]> {
  const arrays: StoredArray[] = [];
  for (let first = 0; first < entries.length; first += HEADERS_AT_ONCE) {
    const group = entries.slice(first, first + HEADERS_AT_ONCE);
    arrays.push(...(await Promise.all(group.map((entry) => readArrayEntry(source, entry, signal)))));
  }
  return arrays;
}

async function readArrayEntry(source: ByteSource, entry: ZipEntry, signal?: AbortSignal): Promise<StoredArray> {
  const name = entry.name.slice(0, -SUFFIX.length);
  const window = await CachedSource.withWindow(source, entry.headerOffset, HEADER_WINDOW_BYTES, signal);
  const region = await entryStorage(window, entry).locate(signal);
  const place = { file: `${source.name}, entry ${entry.name}`, offset: region.offset };
  const reader = openRegion(region);
  try {
    const prefix = await readPart(reader, 0, NPY_PREFIX_BYTES, place, signal);
    const { start, end } = headerExtent(prefix, place);
    const text = await readPart(reader, start, end - start, place, signal);
    const header = parseNpyHeader(text.toString('utf8'), place);
    const data = dataRegion({ ...region, source }, Buffer.concat([prefix.subarray(0, start), text]));
    const storage = { length: data.length, locate: async (): Promise<Region> => data };
    return npyArray(name, header, storage, end - (region.length - data.length), place);
  } finally {
    await reader.close();
  }
}

/** The region without the array's own header where bytes can be left out; the header still counts for the CRC. */
function dataRegion(region: Region, header: Buffer): Region {
  if (region.kind === 'deflated') return region;
  const { offset, length, checksum } = region;
  const seeded = checksum && { ...checksum, seed: crc32(header, checksum.seed) };
  return { ...region, offset: offset + header.length, length: length - header.length, checksum: seeded };
}

async function readPart(
  reader: RegionReader,
  offset: number,
  length: number,
  place: { file: string; offset: number },
  signal?: AbortSignal,
): Promise<Buffer> {
  const { length: present } = reader.region;
  if (offset + length > present) {
    const expected = `a header of ${offset + length}`;
    throw new TruncatedPartitionError({ ...place, found: `an entry of ${present} bytes`, expected });
  }
  const bytes = Buffer.alloc(length);
  await reader.read(offset, bytes, signal);
  return bytes;
}
