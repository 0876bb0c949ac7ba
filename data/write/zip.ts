import { crc32 } from 'node:zlib';
import {
  DATA_DESCRIPTOR,
  DIRECTORY_ENTRY,
  END_OF_DIRECTORY,
  FLAG_DATA_DESCRIPTOR,
  FLAG_UTF8,
  LOCAL_HEADER,
  MAX_UINT16,
  MAX_UINT32,
  ZIP64_END_OF_DIRECTORY,
  ZIP64_EXTRA_ID,
  ZIP64_LOCATOR,
} from '../zip/records.js';
import { type EncodedFile, restartable } from './arrayContent.js';

/** A file that goes into the zip, stored as it is. */
export interface ZipMember {
  readonly name: string;
  readonly file: EncodedFile;
}

export interface ZipOptions {
  /** The bytes of each member start at a multiple of this. */
  readonly alignment?: number;
  /** Sizes, offsets and numbers of entries from this on are written as ZIP64; the format demands it from 2^32 - 1 on. */
  readonly zip64From?: number;
}

interface PlacedMember extends ZipMember {
  readonly nameBytes: Buffer;
  readonly headerOffset: number;
  readonly zip64: boolean;
  readonly padding: number;
}

/** Extra field in which padding goes; the id is the one that PyTorch uses for the same purpose. */
const PADDING_EXTRA_ID = 0x4246;
/** Version 2.0, or 4.5 where ZIP64 is used. */
const [VERSION, VERSION_ZIP64] = [20, 45];
/** 1980-01-01, the earliest date of the format: the same content gives the same bytes. */
const DOS_DATE = 0x21;
const ZIP64_LOCAL_EXTRA_BYTES = 20;
const ZIP64_DIRECTORY_EXTRA_BYTES = 28;

/** Encodes members as a zip without compression; checksums follow the data, so that nothing is held back. */
export function writeZip(members: readonly ZipMember[], options: ZipOptions = {}): EncodedFile {
  const { alignment = 1, zip64From = MAX_UINT32 } = options;
  let offset = 0;
  const placed = members.map((member): PlacedMember => {
    const nameBytes = Buffer.from(member.name);
    const headerOffset = offset;
    const zip64 = member.file.byteLength >= zip64From || headerOffset >= zip64From;
    const unpadded = headerOffset + LOCAL_HEADER.length + nameBytes.length + (zip64 ? ZIP64_LOCAL_EXTRA_BYTES : 0);
    const padding = paddingFor(unpadded, alignment);
    offset = unpadded + padding + member.file.byteLength + descriptorLength(zip64);
    return { ...member, nameBytes, headerOffset, zip64, padding };
  });
  const directoryOffset = offset;
  const directoryLength = placed.reduce((sum, member) => sum + directoryEntryLength(member), 0);
  const zip64 = directoryOffset >= zip64From || members.length >= Math.min(MAX_UINT16, zip64From);
  const end = encodeEnd(placed.length, directoryOffset, directoryLength, zip64);
  return {
    byteLength: directoryOffset + directoryLength + end.length,
    content: restartable(async function* () {
      const directory: Buffer[] = [];
      for (const member of placed) {
        yield encodeLocalHeader(member);
        let crc = 0;
        for await (const piece of member.file.content) {
          crc = crc32(piece, crc);
          yield piece;
        }
        yield encodeDescriptor(member, crc);
        directory.push(encodeDirectoryEntry(member, crc));
      }
      yield Buffer.concat([...directory, end]);
    }),
  };
}

/** An extra field has a header of four bytes, so smaller gaps take a whole step more. */
function paddingFor(offset: number, alignment: number): number {
  const gap = (alignment - (offset % alignment)) % alignment;
  return gap === 0 || gap >= 4 ? gap : gap + alignment * Math.ceil((4 - gap) / alignment);
}

function descriptorLength(zip64: boolean): number {
  return zip64 ? 24 : 16;
}

function directoryEntryLength({ nameBytes, zip64 }: PlacedMember): number {
  return DIRECTORY_ENTRY.length + nameBytes.length + (zip64 ? ZIP64_DIRECTORY_EXTRA_BYTES : 0);
}

function encodeLocalHeader({ nameBytes, zip64, padding, file }: PlacedMember): Buffer {
  const extra = Buffer.alloc((zip64 ? ZIP64_LOCAL_EXTRA_BYTES : 0) + padding);
  if (zip64) {
    extra.writeUInt16LE(ZIP64_EXTRA_ID, 0);
    extra.writeUInt16LE(16, 2);
    extra.writeBigUInt64LE(BigInt(file.byteLength), 4);
    extra.writeBigUInt64LE(BigInt(file.byteLength), 12);
  }
  if (padding > 0) {
    extra.writeUInt16LE(PADDING_EXTRA_ID, extra.length - padding);
    extra.writeUInt16LE(padding - 4, extra.length - padding + 2);
  }
  const header = Buffer.alloc(LOCAL_HEADER.length);
  header.writeUInt32LE(LOCAL_HEADER.signature, 0);
  header.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 4);
  header.writeUInt16LE(FLAG_DATA_DESCRIPTOR | FLAG_UTF8, 6);
  header.writeUInt16LE(DOS_DATE, 12);
  header.writeUInt32LE(zip64 ? MAX_UINT32 : 0, 18);
  header.writeUInt32LE(zip64 ? MAX_UINT32 : 0, 22);
  header.writeUInt16LE(nameBytes.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, nameBytes, extra]);
}

function encodeDescriptor({ zip64, file }: PlacedMember, crc: number): Buffer {
  const descriptor = Buffer.alloc(descriptorLength(zip64));
  descriptor.writeUInt32LE(DATA_DESCRIPTOR.signature, 0);
  descriptor.writeUInt32LE(crc, 4);
  for (const at of zip64 ? [8, 16] : [8, 12]) {
    if (zip64) descriptor.writeBigUInt64LE(BigInt(file.byteLength), at);
    else descriptor.writeUInt32LE(file.byteLength, at);
  }
  return descriptor;
}

function encodeDirectoryEntry({ nameBytes, zip64, file, headerOffset }: PlacedMember, crc: number): Buffer {
  const entry = Buffer.alloc(DIRECTORY_ENTRY.length + (zip64 ? ZIP64_DIRECTORY_EXTRA_BYTES : 0));
  entry.writeUInt32LE(DIRECTORY_ENTRY.signature, 0);
  entry.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 4);
  entry.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 6);
  entry.writeUInt16LE(FLAG_DATA_DESCRIPTOR | FLAG_UTF8, 8);
  entry.writeUInt16LE(DOS_DATE, 14);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(zip64 ? MAX_UINT32 : file.byteLength, 20);
  entry.writeUInt32LE(zip64 ? MAX_UINT32 : file.byteLength, 24);
  entry.writeUInt16LE(nameBytes.length, 28);
  entry.writeUInt32LE(zip64 ? MAX_UINT32 : headerOffset, 42);
  if (!zip64) return Buffer.concat([entry, nameBytes]);
  entry.writeUInt16LE(ZIP64_DIRECTORY_EXTRA_BYTES, 30);
  const extra = entry.subarray(DIRECTORY_ENTRY.length);
  extra.writeUInt16LE(ZIP64_EXTRA_ID, 0);
  extra.writeUInt16LE(ZIP64_DIRECTORY_EXTRA_BYTES - 4, 2);
  extra.writeBigUInt64LE(BigInt(file.byteLength), 4);
  extra.writeBigUInt64LE(BigInt(file.byteLength), 12);
  extra.writeBigUInt64LE(BigInt(headerOffset), 20);
  return Buffer.concat([entry.subarray(0, DIRECTORY_ENTRY.length), nameBytes, extra]);
}

function encodeEnd(entryCount: number, offset: number, length: number, zip64: boolean): Buffer {
  const end = Buffer.alloc(END_OF_DIRECTORY.length);
  end.writeUInt32LE(END_OF_DIRECTORY.signature, 0);
  for (const at of [8, 10]) end.writeUInt16LE(zip64 ? MAX_UINT16 : entryCount, at);
  end.writeUInt32LE(zip64 ? MAX_UINT32 : length, 12);
  end.writeUInt32LE(zip64 ? MAX_UINT32 : offset, 16);
  if (!zip64) return end;
  const record = Buffer.alloc(ZIP64_END_OF_DIRECTORY.length);
  record.writeUInt32LE(ZIP64_END_OF_DIRECTORY.signature, 0);
  record.writeBigUInt64LE(BigInt(ZIP64_END_OF_DIRECTORY.length - 12), 4);
  for (const at of [12, 14]) record.writeUInt16LE(VERSION_ZIP64, at);
  for (const at of [24, 32]) record.writeBigUInt64LE(BigInt(entryCount), at);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(ZIP64_LOCATOR.length);
  locator.writeUInt32LE(ZIP64_LOCATOR.signature, 0);
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}
