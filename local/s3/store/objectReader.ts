import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ByteRange } from '../range.js';
import type { Segment } from './manifest.js';
import type { StoreFiles } from './storeFiles.js';

/** Bytes of an object that are read at a time. */
const chunkBytes = 256 * 1024;

/** A piece of a blob: bytes `first` to `last`, both included. */
interface Piece extends ByteRange {
  path: string;
}

/** The pieces of files that make up a range of an object. */
function piecesOf(files: StoreFiles, segments: readonly Segment[], range: ByteRange): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const { blob, size } of segments) {
    const first = Math.max(range.first - start, 0);
    const last = Math.min(range.last - start, size - 1);
    if (first <= last) pieces.push({ path: files.blobPath(blob), first, last });
    start += size;
  }
  return pieces;
}

/** A stream of a range of an object. Hold the object while it is read. */
export function readRange(files: StoreFiles, segments: readonly Segment[], range: ByteRange): Readable {
  const pieces = piecesOf(files, segments, range);
  if (pieces.length === 1) return streamPiece(pieces[0]);
  return Readable.from(chunksOf(pieces), { objectMode: false, highWaterMark: chunkBytes });
}

/** The bytes of a small range, in one buffer. */
export async function readSmallRange(
  files: StoreFiles,
  segments: readonly Segment[],
  range: ByteRange,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(range.last - range.first + 1);
  let filled = 0;
  for (const { path, first, last } of piecesOf(files, segments, range)) {
    const file = await open(path, 'r');
    try {
      const end = filled + last - first + 1;
      for (let position = first; filled < end; ) {
        const { bytesRead } = await file.read(bytes, filled, end - filled, position);
        if (bytesRead === 0) throw new Error(`${path} is shorter than its manifest says.`);
        filled += bytesRead;
        position += bytesRead;
      }
    } finally {
      await file.close();
    }
  }
  return bytes;
}

async function* chunksOf(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield* streamPiece(piece);
}

function streamPiece({ path, first, last }: Piece): Readable {
  return createReadStream(path, { start: first, end: last, highWaterMark: chunkBytes });
}
