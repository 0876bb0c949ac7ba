import type { Block } from './blocks.js';
import type { ChunkMemory } from './chunkMemory.js';
import type { Landing } from './landing.js';
import { lendScratch } from './scratch.js';

/** One request to the source: the blocks that it brings, and what it fetches. */
export interface Read {
  /** In bytes from the start of the region of its first part. */
  readonly offset: number;
  readonly length: number;
  /** The first of the streamed samples of which it brings something. */
  readonly firstSample: number;
  readonly parts: readonly ReadPart[];
}

export interface ReadPart {
  readonly landing: Landing;
  readonly block: Block;
}

/** Arrays up to this size are worth joining with their neighbours in the file: a request costs more than they do. */
const SMALL_BYTES = 256 * 1024;
const MAX_GAP_BYTES = 64 * 1024;
const MAX_JOINED_BYTES = 1024 * 1024;

/**
 * All blocks of the arrays, each given as its parts, as requests: small arrays joined, in the order in which the samples
 * need them.
 */
export function planReads(arrays: readonly (readonly ReadPart[])[]): Read[] {
  const isJoinable = (parts: readonly ReadPart[]): boolean =>
    parts.length === 1 && parts[0].landing.reader.region.kind === 'plain' && parts[0].block.length <= SMALL_BYTES;

  const single = arrays.filter((parts) => !isJoinable(parts)).flatMap((parts) => parts.map((part) => readOf([part])));
  const small = arrays
    .filter(isJoinable)
    .flat()
    .sort((a, b) => fileOffset(a) - fileOffset(b));
  return [...single, ...joinNeighbours(small)].sort((a, b) => a.firstSample - b.firstSample);
}

function fileOffset({ landing, block }: ReadPart): number {
  return landing.reader.region.offset + block.offset;
}

function joinNeighbours(sorted: readonly ReadPart[]): Read[] {
  const groups: ReadPart[][] = [];
  let start = 0;
  let end = 0;
  for (const part of sorted) {
    const offset = fileOffset(part);
    const joinedEnd = Math.max(end, offset + part.block.length);
    const group = groups.at(-1);
    if (group && offset - end <= MAX_GAP_BYTES && joinedEnd - start <= MAX_JOINED_BYTES) {
      group.push(part);
      end = joinedEnd;
    } else {
      groups.push([part]);
      start = offset;
      end = offset + part.block.length;
    }
  }
  return groups.map(readOf);
}

function readOf(parts: readonly ReadPart[]): Read {
  const start = Math.min(...parts.map(fileOffset));
  const end = Math.max(...parts.map((part) => fileOffset(part) + part.block.length));
  return {
    offset: start - parts[0].landing.reader.region.offset,
    length: end - start,
    firstSample: Math.min(...parts.map(({ landing, block }) => landing.firstSample + block.firstSample)),
    parts,
  };
}

/** Takes the memory that a request fills; false when there is none to spare. */
export function admit(read: Read, needed: boolean): boolean {
  return read.parts.every(({ landing }) => landing.open(needed));
}

/** Makes a request and puts what it brings into place. */
export async function perform(read: Read, scratch: ChunkMemory, signal: AbortSignal): Promise<void> {
  const [{ landing, block }] = read.parts;
  if (read.parts.length === 1) {
    await landing.receive(block, (into) => landing.reader.read(read.offset, into, signal));
    return;
  }
  await lendScratch(scratch, read.length, async (bytes) => {
    await landing.reader.read(read.offset, bytes, signal);
    const start = fileOffset(read.parts[0]);
    for (const { landing, block } of read.parts) {
      const from = fileOffset({ landing, block }) - start;
      await landing.receive(block, async (into) => into.set(bytes.subarray(from, from + block.length)));
    }
  });
}
