import { mapBounded } from '../../job/boundedMap.js';
import { messageOf } from '../../run/errors.js';
import { TransferError } from '../errors.js';

/** What became of one file. */
export type TransferOutcome = 'copied' | 'skipped';

/** How many files of a command took which way. */
export interface TransferCounts {
  readonly copied: number;
  readonly skipped: number;
  /** Of the copied files. */
  readonly bytes: number;
}

/** Files under way at once. */
const parallelFiles = 4;

/**
 * Copies every item, a few at a time. A file that fails does not hold up the others.
 *
 * @throws TransferError that names every file that failed; the signal's reason when it aborts.
 */
export async function transferAll<T extends { readonly size: number }>(
  items: readonly T[],
  direction: 'uploaded' | 'downloaded',
  nameOf: (item: T) => string,
  copy: (item: T) => Promise<TransferOutcome>,
  signal: AbortSignal,
): Promise<TransferCounts> {
  const failures: { name: string; reason: string }[] = [];
  let copied = 0;
  let skipped = 0;
  let bytes = 0;
  await mapBounded(items, parallelFiles, async (item) => {
    signal.throwIfAborted();
    try {
      if ((await copy(item)) === 'skipped') skipped++;
      else {
        copied++;
        bytes += item.size;
      }
    } catch (error) {
      signal.throwIfAborted();
      failures.push({ name: nameOf(item), reason: messageOf(error) });
    }
  });
  if (failures.length > 0) throw new TransferError(direction, failures);
  return { copied, skipped, bytes };
}
