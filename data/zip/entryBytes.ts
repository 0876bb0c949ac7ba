import { crc32, inflateRawSync } from 'node:zlib';
import { messageOf } from '../../run/errors.js';
import type { ByteSource } from '../../storage/byteSource.js';
import { readBytes } from '../cachedSource.js';
import { CorruptPartitionError, PartitionChecksumError } from '../errors.js';
import type { Region, Storage } from '../storedArray.js';
import type { ZipEntry } from './directory.js';
import { LOCAL_HEADER } from './records.js';

/**
 * Where the bytes of an entry start. Only the local header knows: its name and extra field may be longer than those of
 * the directory (PyTorch pads there, to align the data to 64 bytes).
 */
export async function locateEntry(source: ByteSource, entry: ZipEntry, signal?: AbortSignal): Promise<number> {
  const header = await readBytes(source, entry.headerOffset, LOCAL_HEADER.length, signal);
  if (header.readUInt32LE(0) !== LOCAL_HEADER.signature) {
    throw new CorruptPartitionError({
      file: source.name,
      offset: entry.headerOffset,
      found: `no local header of ${entry.name}`,
      expected: 'one where the zip directory points',
    });
  }
  const start = entry.headerOffset + LOCAL_HEADER.length + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + entry.compressedLength > entry.limit) {
    throw new CorruptPartitionError({
      file: source.name,
      offset: start,
      found: `${entry.name}: ${entry.compressedLength} bytes, which do not fit before byte ${entry.limit}`,
      expected: 'entries that do not overlap',
    });
  }
  return start;
}

/** A zip entry as the storage of arrays. */
export function entryStorage(source: ByteSource, entry: ZipEntry): Storage {
  return {
    length: entry.length,
    async locate(signal): Promise<Region> {
      const offset = await locateEntry(source, entry, signal);
      const checksum = entry.crc32 === 0 ? undefined : { seed: 0, recorded: entry.crc32 };
      return entry.deflated
        ? {
            kind: 'deflated',
            source,
            offset,
            compressedLength: entry.compressedLength,
            length: entry.length,
            entry: entry.name,
            checksum,
          }
        : { kind: 'plain', source, offset, length: entry.length, checksum };
    },
  };
}

/** A small entry, whole, inflated and checked; and where in the file its bytes start. */
export async function readEntry(
  source: ByteSource,
  entry: ZipEntry,
  maxLength: number,
  signal?: AbortSignal,
): Promise<{ bytes: Buffer; offset: number }> {
  const offset = await locateEntry(source, entry, signal);
  if (entry.length > maxLength) {
    throw new CorruptPartitionError({
      file: source.name,
      offset,
      found: `${entry.name} of ${entry.length} bytes`,
      expected: `at most ${maxLength}`,
    });
  }
  const raw = await readBytes(source, offset, entry.compressedLength, signal);
  const bytes = entry.deflated ? inflateWhole(source.name, entry, offset, raw) : raw;
  checkCrc32(source.name, entry.name, offset, crc32(bytes), entry.crc32 === 0 ? undefined : entry.crc32);
  return { bytes, offset };
}

function inflateWhole(file: string, entry: ZipEntry, offset: number, raw: Buffer): Buffer {
  try {
    const bytes = inflateRawSync(raw, { maxOutputLength: Math.max(entry.length, 1) });
    if (bytes.length === entry.length) return bytes;
  } catch (cause) {
    throw new CorruptPartitionError({
      file,
      offset,
      found: `${entry.name}: ${messageOf(cause)}`,
      expected: `a DEFLATE stream of ${entry.length} bytes`,
      cause,
    });
  }
  throw new CorruptPartitionError({
    file,
    offset,
    found: `${entry.name}: a DEFLATE stream of another length`,
    expected: `${entry.length} bytes`,
  });
}

/** Compares a checksum with the recorded one, where there is one. */
export function checkCrc32(file: string, what: string, offset: number, actual: number, recorded?: number): void {
  if (recorded === undefined || actual === recorded) return;
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  throw new PartitionChecksumError({
    file,
    offset,
    found: `${what} with CRC-32 ${hex(actual)}`,
    expected: `${hex(recorded)}, as the file records`,
  });
}
