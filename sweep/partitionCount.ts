import type { Factors } from './factors.js';
import type { Sweep } from './sweepFile.js';

const bytesPerMb = 2 ** 20;
const bytesPerGb = 2 ** 30;

/** Samples of a full partition: as many as fit into its size; at least one. */
export const samplesPerPartition = (partitionMb: number, sampleBytes: number): number =>
  Math.max(1, Math.floor((partitionMb * bytesPerMb) / sampleBytes));

/**
 * Partitions that hold at least the data of a point. With weak scaling, the data are those of one rank. The published runs
 * count like this: 12.6 GB are 517 partitions of 25 MB, 259 of 50, 173 of 75 and 130 of 100.
 *
 * @param sampleBytes - Bytes of the arrays of one sample.
 */
export function partitionCount(
  { partition_mb: partitionMb, data_gb: dataGb, samples, world_size: worldSize = 1 }: Factors,
  scaling: Sweep['scaling'],
  sampleBytes: number,
): number {
  const perPartition = samplesPerPartition(Number(partitionMb), sampleBytes);
  const wanted = dataGb === undefined ? Number(samples) : (Number(dataGb) * bytesPerGb) / sampleBytes;
  const count = Math.max(1, Math.ceil(wanted / perPartition));
  return scaling === 'weak' ? count * Number(worldSize) : count;
}
