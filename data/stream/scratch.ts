import type { ChunkMemory } from './chunkMemory.js';

/** Lends memory for bytes that are on their way to somewhere else, for as long as `use` takes. */
export async function lendScratch<T>(
  memory: ChunkMemory,
  length: number,
  use: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const bytes = memory.take(length, true);
  try {
    return await use(bytes);
  } finally {
    memory.giveBack(bytes);
  }
}
