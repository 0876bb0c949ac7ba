import type { Communicator } from '../collectives/communicator.js';
import type { CollectiveRecord } from '../run/metrics.js';
import { type QualitySums, qualityFromVector, qualityVector, qualityVectorLength } from '../run/quality.js';

/** What one rank brings to the statistics of the whole world. */
export interface RankStatistics {
  readonly quality: QualitySums;
  readonly nonFinite: number;
  readonly cpuTimeS: number;
}

/** Sums every rank's statistics; each rank gets the same bits. */
export async function reduceStatistics(
  communicator: Communicator,
  own: RankStatistics,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<NonNullable<CollectiveRecord['world']>> {
  const vector = Float64Array.of(...qualityVector(own.quality), own.nonFinite, own.cpuTimeS);
  const sum = await communicator.allreduce(vector, 'sum', options);
  return {
    quality: qualityFromVector(sum.subarray(0, qualityVectorLength)),
    nonFinite: sum[qualityVectorLength],
    cpuTimeS: sum[qualityVectorLength + 1],
  };
}
