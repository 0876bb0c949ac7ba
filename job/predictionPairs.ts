import { castTensor, openPartition, readArray } from '../data/index.js';
import { s3Uri } from '../run/keys.js';
import type { RankMetrics } from '../run/metrics.js';
import { countsForQuality } from '../run/quality.js';
import type { Tensor } from '../run/tensor.js';
import { MemoryByteSource } from '../storage/byteSource.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { mapBounded } from './boundedMap.js';

const parallelReads = 16;

/** Samples whose pairs are held at once: 80 MB of them, and a few times that while their median is found. */
const maxPairs = 5_000_000;

/** Predictions and true values of all samples that count for the quality, in partition order. */
export interface PredictionPairs {
  readonly predicted: Float64Array;
  readonly truth: Float64Array;
}

/** Where the predictions and the true values of one partition lie. */
export interface PairedFiles {
  readonly predictionsKey: string;
  readonly labelsKey: string;
  readonly samples: number;
}

/** The partitions that left both their predictions, as arrays, and their true values. */
export function pairedFiles(metrics: readonly RankMetrics[]): PairedFiles[] {
  return metrics
    .flatMap(({ muster }) => muster.partitions)
    .flatMap(({ predictionsKey, comparedKey, labelsKey, samples }) =>
      predictionsKey?.endsWith('.npy') && labelsKey !== null
        ? [{ predictionsKey: comparedKey ?? predictionsKey, labelsKey, samples }]
        : [],
    );
}

/**
 * Reads predictions and labels back from S3, so that the statistics do not depend on any collective. Undefined when there
 * are none, when a prediction is not one number a sample, and when there are more than `limit` samples: what is known then
 * are the sums of the ranks.
 */
export async function readPairs(
  store: ObjectStore,
  bucket: string,
  files: readonly PairedFiles[],
  limit = maxPairs,
): Promise<PredictionPairs | undefined> {
  const total = files.reduce((sum, { samples }) => sum + samples, 0);
  if (files.length === 0 || total > limit) return undefined;
  const pairs = await mapBounded(files, parallelReads, async ({ predictionsKey, labelsKey }) => {
    const [predicted, truth] = await Promise.all([
      readTensor(store, bucket, predictionsKey),
      readTensor(store, bucket, labelsKey),
    ]);
    return predicted.shape.length === 1 && truth.shape.length === 1 ? [numbersOf(predicted), numbersOf(truth)] : [];
  });
  return pairs.every(({ length }) => length === 2) ? countingPairs(pairs) : undefined;
}

async function readTensor(store: ObjectStore, bucket: string, key: string): Promise<Tensor> {
  const partition = await openPartition(new MemoryByteSource(s3Uri(bucket, key), await store.getBytes(bucket, key)));
  return readArray(partition, 0, { shared: false });
}

function numbersOf(tensor: Tensor): Float64Array {
  return Float64Array.from(castTensor(tensor, 'float64').data, Number);
}

function countingPairs(parts: readonly Float64Array[][]): PredictionPairs {
  const length = parts.reduce((sum, [predicted]) => sum + predicted.length, 0);
  const pairs = { predicted: new Float64Array(length), truth: new Float64Array(length) };
  let count = 0;
  for (const [predicted, truth] of parts) {
    for (let index = 0; index < predicted.length; index++) {
      if (!countsForQuality(predicted[index], truth[index])) continue;
      pairs.predicted[count] = predicted[index];
      pairs.truth[count] = truth[index];
      count++;
    }
  }
  return { predicted: pairs.predicted.subarray(0, count), truth: pairs.truth.subarray(0, count) };
}
