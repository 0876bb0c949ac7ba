import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createJsonFile, readJsonFile, replaceJsonFile } from './stateDirectory.js';

const holderSchema = z.object({
  /** Unique to one start of one cloud. */
  id: z.string(),
  pid: z.int(),
  /** Where the holder answers questions about itself. */
  controlUrl: z.string(),
  /** Opens the control server's doors. */
  token: z.string(),
});

/** The process that owns a state directory. */
export type Holder = z.infer<typeof holderSchema>;

const lockSchema = z.object({ holder: holderSchema.nullable() });

interface Generation {
  readonly number: number;
  readonly holder: Holder | null;
}

/** The right to run the embedded cloud of a state directory. */
export interface StackLock {
  release(): Promise<void>;
}

export type Acquisition =
  | { readonly acquired: true; readonly lock: StackLock }
  | { readonly acquired: false; readonly holder: Holder };

/**
 * Takes the lock of a state directory, over from a holder that has died if need be.
 *
 * Every acquisition adds a file with the next number, which only one process can create; the file with the highest
 * number is the lock. A dead holder's file is never replaced, so two processes that find it cannot both succeed it, and
 * a released lock keeps its number, so that an old number cannot be created anew unnoticed.
 *
 * @param isAlive Whether the process that a lock names still runs.
 */
export async function acquireStackLock(
  folder: string,
  holder: Holder,
  isAlive: (holder: Holder) => Promise<boolean>,
): Promise<Acquisition> {
  for (;;) {
    const newest = await newestGeneration(folder);
    if (newest?.holder && (await isAlive(newest.holder))) return { acquired: false, holder: newest.holder };
    const number = (newest?.number ?? 0) + 1;
    if (!(await createJsonFile(fileOf(folder, number), { holder }))) continue;
    const highest = Math.max(...(await generationNumbers(folder)));
    if (highest > number) {
      await rm(fileOf(folder, number), { force: true });
      continue;
    }
    await removeBelow(folder, number);
    return {
      acquired: true,
      lock: { release: () => replaceJsonFile(fileOf(folder, number), { holder: null }) },
    };
  }
}

/** Who holds the lock, or held it until it died; undefined when it is free. */
export async function currentHolder(folder: string): Promise<Holder | undefined> {
  return (await newestGeneration(folder))?.holder ?? undefined;
}

const fileOf = (folder: string, number: number): string => join(folder, `${number}.json`);

async function newestGeneration(folder: string): Promise<Generation | undefined> {
  for (;;) {
    const numbers = await generationNumbers(folder);
    if (numbers.length === 0) return undefined;
    const number = Math.max(...numbers);
    const lock = await readJsonFile(fileOf(folder, number), lockSchema);
    if (lock) return { number, holder: lock.holder };
  }
}

async function generationNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : []));
}

async function removeBelow(folder: string, number: number): Promise<void> {
  const older = (await generationNumbers(folder)).filter((other) => other < number);
  await Promise.all(older.map((other) => rm(fileOf(folder, other), { force: true })));
}
