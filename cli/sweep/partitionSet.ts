import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Partition, type PartitionFormat, splitDataset } from '../../data/index.js';
import { mapBounded } from '../../job/boundedMap.js';
import { S3Sink } from '../partition/partSink.js';
import type { ByteProgress } from '../terminal/byteProgress.js';

/** Copies under way at once. */
const parallelCopies = 16;

/** Partitions of one size, under one prefix: `1.pt`, `2.pt`, ... */
export interface PartitionSetPlan {
  readonly bucket: string;
  readonly prefix: string;
  readonly format: PartitionFormat;
  readonly samplesPerPartition: number;
  /** Partitions with data of their own; those after them stand for these once more. */
  readonly distinct: number;
  readonly count: number;
}

/**
 * Makes the partitions of a set that are not there yet: the distinct ones out of the dataset, the others as copies that S3
 * makes by itself.
 *
 * @returns how many were made.
 */
export async function makePartitions(
  s3: S3Client,
  files: readonly Partition[],
  plan: PartitionSetPlan,
  { progress, signal }: { readonly progress: ByteProgress; readonly signal: AbortSignal },
): Promise<number> {
  const { bucket, prefix, format, samplesPerPartition, distinct, count } = plan;
  const sink = new S3Sink(s3, { bucket, prefix });
  const present = await sink.existing();
  const nameOf = (number: number): string => `${number}.${format}`;
  let made = 0;
  let number = 0;
  for await (const part of splitDataset(files, { by: { samples: samplesPerPartition }, format, signal })) {
    if (++number > distinct) break;
    if (!present.has(nameOf(number))) {
      await sink.save(nameOf(number), part, signal);
      made++;
    }
    progress.addBytes(part.byteLength);
    progress.addItem();
  }
  const copies = Array.from({ length: count - distinct }, (_, index) => distinct + index + 1);
  await mapBounded(copies, parallelCopies, async (copy) => {
    signal.throwIfAborted();
    if (!present.has(nameOf(copy))) {
      const source = `${prefix}/${nameOf(((copy - 1) % distinct) + 1)}`;
      await copyObject(s3, bucket, source, `${prefix}/${nameOf(copy)}`, signal);
      made++;
    }
    progress.addItem();
  });
  return made;
}

async function copyObject(s3: S3Client, bucket: string, source: string, key: string, signal: AbortSignal) {
  const CopySource = `${bucket}/${source.split('/').map(encodeURIComponent).join('/')}`;
  await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource }), { abortSignal: signal });
}
