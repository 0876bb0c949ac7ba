import type { ComparedRow } from '../../../bench/collectives/comparisonRecord.js';
import type { OperationName } from '../../../cli/bench/operations.js';

/** A row with these times of its rounds, in microseconds. */
export function row(
  channel: ComparedRow['channel'],
  operation: OperationName,
  ranks: number,
  bytes: number,
  roundsUs: readonly number[],
): ComparedRow {
  const [first = 1] = roundsUs;
  const own = { channel, operation, ranks, bytes, roundsUs: [...roundsUs] };
  return { ...own, iterations: 10, avgUs: first, minUs: first / 2, maxUs: first * 2, busMbPerS: bytes / first || 1 };
}
