import type { ByteSource } from '../../storage/byteSource.js';
import { readBytes } from '../cachedSource.js';
import { CorruptPartitionError, UnsupportedPartitionError } from '../errors.js';
import { type DirectoryPlace, readEndOfDirectory } from './endOfDirectory.js';
import {
  DEFLATED,
  DIRECTORY_ENTRY,
  FLAG_ENCRYPTED,
  LOCAL_HEADER,
  MAX_UINT32,
  STORED,
  ZIP64_EXTRA_ID,
} from './records.js';

/** One file in a zip, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  /** As recorded; 0 is what PyTorch writes when it is told not to compute it. */
  readonly crc32: number;
  readonly compressedLength: number;
  readonly length: number;
  /** Where its local header starts. */
  readonly headerOffset: number;
  /** Where its bytes must end at the latest: the next local header, or the directory. */
  readonly limit: number;
}

const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;
/** DEFLATE cannot do better than one bit for 129 bytes; an entry that claims more is a bomb. */
const MAX_DEFLATE_RATIO = 1032;

/** Reads and checks the central directory: entries by name, in the order of their bytes in the file. */
export async function readZipDirectory(source: ByteSource, signal?: AbortSignal): Promise<Map<string, ZipEntry>> {
  const place = await readEndOfDirectory(source, signal);
  if (place.length > MAX_DIRECTORY_BYTES || place.entryCount * DIRECTORY_ENTRY.length > place.length) {
    throw new CorruptPartitionError({
      file: source.name,
      offset: place.offset,
      found: `a zip directory of ${place.entryCount} entries in ${place.length} bytes`,
      expected: `at least ${DIRECTORY_ENTRY.length} bytes an entry and at most ${MAX_DIRECTORY_BYTES} in all`,
    });
  }
  const bytes = await readBytes(source, place.offset, place.length, signal);
  const parsed = parseEntries(source.name, bytes, place).sort((a, b) => a.headerOffset - b.headerOffset);
  const entries = new Map<string, ZipEntry>();
  parsed.forEach((entry, index) => {
    const limit = parsed[index + 1]?.headerOffset ?? place.offset;
    checkEntry(source.name, entry, limit);
    if (entries.has(entry.name)) {
      throw corrupt(source.name, entry, 'a second entry of that name', 'every name once');
    }
    entries.set(entry.name, { ...entry, limit });
  });
  return entries;
}

interface ParsedEntry extends Omit<ZipEntry, 'limit'> {
  readonly method: number;
  readonly flags: number;
}

function parseEntries(file: string, bytes: Buffer, place: DirectoryPlace): ParsedEntry[] {
  const entries: ParsedEntry[] = [];
  let at = 0;
  for (let index = 0; index < place.entryCount; index++) {
    const tailAt = at + DIRECTORY_ENTRY.length;
    const sound = tailAt <= bytes.length && bytes.readUInt32LE(at) === DIRECTORY_ENTRY.signature;
    const nameEnd = sound ? tailAt + bytes.readUInt16LE(at + 28) : tailAt;
    const extraEnd = sound ? nameEnd + bytes.readUInt16LE(at + 30) : tailAt;
    const end = sound ? extraEnd + bytes.readUInt16LE(at + 32) : tailAt;
    if (!sound || end > bytes.length) {
      throw new CorruptPartitionError({
        file,
        offset: place.offset + at,
        found: `a broken zip directory at entry ${index + 1} of ${place.entryCount}`,
        expected: 'a complete central directory record',
      });
    }
    const method = bytes.readUInt16LE(at + 10);
    entries.push({
      name: bytes.toString('utf8', tailAt, nameEnd),
      method,
      flags: bytes.readUInt16LE(at + 8),
      deflated: method === DEFLATED,
      crc32: bytes.readUInt32LE(at + 16),
      ...sizesOf(bytes, at, nameEnd, extraEnd),
    });
    at = end;
  }
  return entries;
}

/** The sizes and the offset of an entry, taken from its ZIP64 extra field where the short ones overflow. */
function sizesOf(bytes: Buffer, at: number, extraStart: number, extraEnd: number) {
  const sizes = {
    length: bytes.readUInt32LE(at + 24),
    compressedLength: bytes.readUInt32LE(at + 20),
    headerOffset: bytes.readUInt32LE(at + 42),
  };
  for (let field = extraStart; field + 4 <= extraEnd; field += 4 + bytes.readUInt16LE(field + 2)) {
    if (bytes.readUInt16LE(field) !== ZIP64_EXTRA_ID) continue;
    const fieldEnd = Math.min(extraEnd, field + 4 + bytes.readUInt16LE(field + 2));
    let value = field + 4;
    for (const key of ['length', 'compressedLength', 'headerOffset'] as const) {
      if (sizes[key] !== MAX_UINT32 || value + 8 > fieldEnd) continue;
      sizes[key] = Number(bytes.readBigUInt64LE(value));
      value += 8;
    }
  }
  return sizes;
}

function checkEntry(file: string, entry: ParsedEntry, limit: number): void {
  if (entry.flags & FLAG_ENCRYPTED) {
    throw unsupported(file, entry, 'an encrypted entry', 'entries without a password');
  }
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw unsupported(file, entry, `compression method ${entry.method}`, 'stored (0) or deflated (8)');
  }
  if (entry.method === STORED && entry.compressedLength !== entry.length) {
    throw corrupt(file, entry, `${entry.compressedLength} stored bytes for ${entry.length}`, 'the same number');
  }
  if (entry.length > (entry.compressedLength + 1) * MAX_DEFLATE_RATIO) {
    const found = `${entry.compressedLength} bytes that claim to inflate to ${entry.length}`;
    throw corrupt(file, entry, found, `a ratio of at most ${MAX_DEFLATE_RATIO}`);
  }
  if (entry.headerOffset + LOCAL_HEADER.length + entry.compressedLength > limit) {
    const found = `${entry.compressedLength} bytes, which do not fit before byte ${limit}`;
    throw corrupt(file, entry, found, 'entries that do not overlap');
  }
}

function corrupt(file: string, entry: ParsedEntry, found: string, expected: string): CorruptPartitionError {
  return new CorruptPartitionError({ file, offset: entry.headerOffset, found: `${entry.name}: ${found}`, expected });
}

function unsupported(file: string, entry: ParsedEntry, found: string, expected: string): UnsupportedPartitionError {
  const remedy = 'Write the file again without it; torch.save and numpy.savez do.';
  return new UnsupportedPartitionError({
    file,
    offset: entry.headerOffset,
    found: `${entry.name}: ${found}`,
    expected,
    remedy,
  });
}
