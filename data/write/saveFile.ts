import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EncodedFile } from './arrayContent.js';

/** Writes a file under a temporary name and renames it when it is complete, so that nobody reads half of it. */
export async function saveFile(path: string, file: EncodedFile, signal?: AbortSignal): Promise<void> {
  const partial = `${path}.partial-${process.pid}`;
  try {
    await pipeline(Readable.from(file.content), createWriteStream(partial), { signal });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
