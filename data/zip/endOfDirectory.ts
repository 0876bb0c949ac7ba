import type { ByteSource } from '../../storage/byteSource.js';
import { readBytes } from '../cachedSource.js';
import { CorruptPartitionError, TruncatedPartitionError, UnsupportedPartitionError } from '../errors.js';
import { END_OF_DIRECTORY, MAX_UINT16, MAX_UINT32, ZIP64_END_OF_DIRECTORY, ZIP64_LOCATOR } from './records.js';

/** Where the central directory lies and how many entries it has. */
export interface DirectoryPlace {
  offset: number;
  length: number;
  entryCount: number;
}

/** Reads the end-of-central-directory record and, where it points to one, its ZIP64 companion. */
export async function readEndOfDirectory(source: ByteSource, signal?: AbortSignal): Promise<DirectoryPlace> {
  const file = source.name;
  const tailLength = Math.min(source.size, END_OF_DIRECTORY.length + MAX_UINT16 + ZIP64_LOCATOR.length);
  const tailStart = source.size - tailLength;
  const tail = await readBytes(source, tailStart, tailLength, signal);
  const at = findEnd(tail);
  if (at < 0) {
    throw new TruncatedPartitionError({
      file,
      offset: source.size,
      found: `the end of a file of ${source.size} bytes without a zip directory`,
      expected: 'an end-of-central-directory record in its last bytes',
      remedy: 'The file was cut off or is still being written; upload it again.',
    });
  }
  const offset = tailStart + at;
  if (tail.readUInt16LE(at + 4) !== 0 && tail.readUInt16LE(at + 4) !== MAX_UINT16) {
    throw new UnsupportedPartitionError({ file, offset, found: 'a zip over several disks', expected: 'a single file' });
  }
  const place = {
    entryCount: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const locatorAt = at - ZIP64_LOCATOR.length;
  const hasLocator = locatorAt >= 0 && tail.readUInt32LE(locatorAt) === ZIP64_LOCATOR.signature;
  const wantsZip64 =
    place.entryCount === MAX_UINT16 || place.length === MAX_UINT32 || place.offset === MAX_UINT32 || hasLocator;
  if (wantsZip64 && !hasLocator) {
    throw new CorruptPartitionError({
      file,
      offset,
      found: 'a zip directory whose figures overflow, without a ZIP64 locator',
      expected: 'a ZIP64 locator before the end-of-central-directory record',
    });
  }
  const end = hasLocator ? await readZip64End(source, tail.readBigUInt64LE(locatorAt + 8), signal) : place;
  if (end.offset + end.length > offset) {
    throw new CorruptPartitionError({
      file,
      offset,
      found: `a zip directory of ${end.length} bytes at byte ${end.offset}`,
      expected: 'it to end before its end-of-central-directory record',
    });
  }
  return end;
}

/** The record is the one whose comment ends exactly where the file ends; a look-alike inside a comment does not count. */
function findEnd(tail: Buffer): number {
  for (let at = tail.length - END_OF_DIRECTORY.length; at >= 0; at--) {
    if (
      tail.readUInt32LE(at) === END_OF_DIRECTORY.signature &&
      at + END_OF_DIRECTORY.length + tail.readUInt16LE(at + 20) === tail.length
    ) {
      return at;
    }
  }
  return -1;
}

async function readZip64End(source: ByteSource, offset: bigint, signal?: AbortSignal): Promise<DirectoryPlace> {
  const at = Number(offset);
  const inside = offset + BigInt(ZIP64_END_OF_DIRECTORY.length) <= BigInt(source.size);
  const record = inside ? await readBytes(source, at, ZIP64_END_OF_DIRECTORY.length, signal) : undefined;
  if (record?.readUInt32LE(0) !== ZIP64_END_OF_DIRECTORY.signature) {
    throw new CorruptPartitionError({
      file: source.name,
      offset: at,
      found: 'no ZIP64 end-of-central-directory record',
      expected: 'one where the ZIP64 locator points',
    });
  }
  const [entryCount, length, start] = [32, 40, 48].map((field) => Number(record.readBigUInt64LE(field)));
  return { entryCount, length, offset: start };
}
