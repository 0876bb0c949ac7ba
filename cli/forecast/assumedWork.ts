import type { RankWork } from '../../cost/forecast/rankTime.js';
import { UsageError } from '../errors.js';

/**
 * Bytes of a sample of the bundled model's data: an image of 5 bands x 32 x 32, five magnitudes and a redshift, in float32.
 */
export const surveySampleBytes = (5 * 32 * 32 + 5 + 1) * 4;

/** What is to be forecast without any data at hand. */
export interface Assumptions {
  /** Ranks, each with one partition. */
  readonly ranks: number;
  /** MB (2^20 bytes) of a partition. */
  readonly partitionMb?: number;
  /** Samples of a partition. */
  readonly samples?: number;
}

/**
 * The work of ranks with one partition each. Where only its bytes or only its samples are given, a sample is as long as
 * those of the bundled model's data.
 *
 * @throws UsageError when neither is given.
 */
export function assumedWork({ ranks, partitionMb, samples }: Assumptions): RankWork[] {
  if (partitionMb === undefined && samples === undefined) {
    throw new UsageError('--ranks needs to know how much work a rank has: give --partition-mb, --samples, or both.');
  }
  const bytes = partitionMb === undefined ? (samples ?? 0) * surveySampleBytes : Math.round(partitionMb * 2 ** 20);
  const work: RankWork = { partitions: 1, bytes, samples: samples ?? Math.round(bytes / surveySampleBytes) };
  return Array.from({ length: ranks }, () => work);
}
