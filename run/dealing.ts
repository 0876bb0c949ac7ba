/** The consecutive partitions that one rank works on: `[start, start + count)` in the listing's order. */
export interface Share {
  readonly start: number;
  readonly count: number;
}

/**
 * Deals partitions to ranks by the CosmicAI rule: rank r of W takes the next `ceil(partitionsLeft / ranksLeft)`
 * partitions; ranks past the last partition get none.
 *
 * @example
 * dealPartitions(5, 3); // [{ start: 0, count: 2 }, { start: 2, count: 2 }, { start: 4, count: 1 }]
 */
export function dealPartitions(partitionCount: number, worldSize: number): Share[] {
  if (!Number.isInteger(partitionCount) || partitionCount < 0) {
    throw new RangeError(`partitionCount must be an integer of at least 0, got ${partitionCount}`);
  }
  if (!Number.isInteger(worldSize) || worldSize < 1) {
    throw new RangeError(`worldSize must be an integer of at least 1, got ${worldSize}`);
  }
  const shares: Share[] = [];
  let start = 0;
  for (let rank = 0; rank < worldSize; rank++) {
    const count = Math.ceil((partitionCount - start) / (worldSize - rank));
    shares.push({ start, count });
    start += count;
  }
  return shares;
}
