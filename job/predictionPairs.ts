import { openPartition, readArray } from '../data/index.js';
import { s3Uri } from '../run/keys.js';
import type { RankMetrics } from '../run/metrics.js';
import type { Plan } from '../run/plan.js';
import { MemoryByteSource } from '../storage/byteSource.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { mapBounded } from './boundedMap.js';

const parallelReads = 16;

/** Predictions and true values of all samples whose pair is finite, in partition order. */
export interface PredictionPairs {
  readonly predicted: Float64Array;
  readonly truth: Float64Array;
}

/**
 * Reads predictions and labels back from S3, so that the statistics do not depend on any collective. Undefined when the
 * run wrote no predictions as arrays or had no labels.
 */
export async function readPairs(
  store: ObjectStore,
  plan: Plan,
  metrics: readonly RankMetrics[],
): Promise<PredictionPairs | undefined> {
  const records = metrics
    .flatMap(({ muster }) => muster.partitions)
    .filter(({ predictionsKey, labelsKey }) => predictionsKey?.endsWith('.npy') && labelsKey !== null);
  if (records.length === 0) return undefined;
  const pairs = await mapBounded(records, parallelReads, async ({ predictionsKey, labelsKey }) => {
    const [predicted, truth] = await Promise.all([
      readNumbers(store, plan.bucket, predictionsKey ?? ''),
      readNumbers(store, plan.bucket, labelsKey ?? ''),
    ]);
    return { predicted, truth };
  });
  return finitePairs(pairs);
}

async function readNumbers(store: ObjectStore, bucket: string, key: string): Promise<Float64Array> {
  const bytes = await store.getBytes(bucket, key);
  const partition = await openPartition(new MemoryByteSource(s3Uri(bucket, key), bytes));
  const { data } = await readArray(partition, partition.arrays[0].name);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

function finitePairs(parts: readonly { predicted: Float64Array; truth: Float64Array }[]): PredictionPairs {
  const length = parts.reduce((sum, { predicted }) => sum + predicted.length, 0);
  const predicted = new Float64Array(length);
  const truth = new Float64Array(length);
  let count = 0;
  for (const part of parts) {
    for (let index = 0; index < part.predicted.length; index++) {
      if (!Number.isFinite(part.predicted[index] - part.truth[index])) continue;
      predicted[count] = part.predicted[index];
      truth[count] = part.truth[index];
      count++;
    }
  }
  return { predicted: predicted.subarray(0, count), truth: truth.subarray(0, count) };
}
