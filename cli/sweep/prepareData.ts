import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Partition } from '../../data/index.js';
import { parseS3Uri } from '../../run/keys.js';
import { bytesPerElement, elementCount } from '../../run/tensor.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { partitionCount, samplesPerPartition } from '../../sweep/partitionCount.js';
import type { SimulatedData, Sweep } from '../../sweep/sweepFile.js';
import type { SweepPoint } from '../../sweep/sweepPlan.js';
import type { Target } from '../cloud/target.js';
import { ensureSurvey } from '../demo/sampleSurvey.js';
import { surveyProgress } from '../demo/surveyProgress.js';
import { openDataset } from '../partition/datasetSource.js';
import type { Session } from '../session.js';
import { ByteProgress } from '../terminal/byteProgress.js';
import { count, plural } from '../terminal/quantities.js';
import { DatasetTooSmallError } from './errors.js';
import { makePartitions, type PartitionSetPlan } from './partitionSet.js';
import { sourceDigest } from './sourceDigest.js';

/** Galaxies that one file of a simulated survey holds at most. */
const galaxiesPerFile = 1_024;

/** The data of a sweep's points, there to be read. */
export interface PreparedData {
  /** What a point's payload says about its data. */
  payloadKeys(point: SweepPoint): { readonly data_prefix: string; readonly file_limit: number };
  /** Whether a point reads data that stand for themselves more than once. */
  isRepeated(point: SweepPoint): boolean;
  readonly notes: readonly string[];
}

/**
 * Makes the partitions that a sweep needs, once: where they lie is decided by the content of the dataset and by their size,
 * so that a later sweep finds them. One set serves every amount of data, because runs take as many partitions as they need.
 *
 * @param folder - That of the sweep file; paths in it are relative to it.
 * @throws DatasetTooSmallError, UnreadableInputError, ObjectNotFoundError
 */
export async function prepareData(
  session: Session,
  target: Target,
  sweep: Sweep & { readonly data: NonNullable<Sweep['data']> },
  {
    bucket,
    points,
    folder,
  }: { readonly bucket: string; readonly points: readonly SweepPoint[]; readonly folder: string },
): Promise<PreparedData> {
  const { signal } = session.interruption;
  const store = new ObjectStore(target.clients.s3);
  const names = await sourceFiles(session, sweep.data.source, folder);
  const digest = await sourceDigest(names, store, signal);
  const dataset = await openDataset(names, store, signal);
  try {
    const { files } = dataset;
    const sampleBytes = sampleBytesOf(files[0]);
    const counts = points.map(({ factors }) => partitionCount(factors, sweep.scaling, sampleBytes));
    const samples = files.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
    const plans = new Map<number, PartitionSetPlan>();
    for (const partitionMb of sweep.vary.partition_mb ?? []) {
      const perPartition = samplesPerPartition(partitionMb, sampleBytes);
      const distinct = Math.floor(samples / perPartition);
      if (distinct === 0) throw new DatasetTooSmallError(partitionMb, samples, perPartition);
      const wanted = counts.filter((_, index) => points[index].factors.partition_mb === partitionMb);
      const { format } = files[0];
      plans.set(partitionMb, {
        bucket,
        prefix: `${sweep.data.prefix}/${contentAddress(digest, perPartition, format)}`,
        format,
        samplesPerPartition: perPartition,
        distinct: Math.min(distinct, Math.max(...wanted)),
        count: Math.max(...wanted),
      });
    }
    await makeAll(session, target, files, [...plans.values()], sampleBytes);
    const byPoint = points.map(({ factors }, index) => ({
      plan: plans.get(Number(factors.partition_mb)),
      count: counts[index],
    }));
    return {
      payloadKeys: ({ index }) => ({ data_prefix: byPoint[index].plan?.prefix ?? '', file_limit: counts[index] }),
      isRepeated: ({ index }) => counts[index] > (byPoint[index].plan?.distinct ?? 0),
      notes: [...plans.entries()].flatMap(([partitionMb, plan]) =>
        plan.count <= plan.distinct
          ? []
          : [
              `Of the ${count(plan.count)} partitions of ${partitionMb} MB, ${count(plan.distinct)} hold data of their own; the others are these once more under keys of their own, copied by S3 without moving bytes.`,
            ],
      ),
    };
  } finally {
    await dataset.close();
  }
}

/** The files of the dataset; a simulated survey is made, or found. */
async function sourceFiles(
  { directory, interruption, terminal }: Session,
  source: readonly string[] | { readonly simulate: SimulatedData },
  folder: string,
): Promise<string[]> {
  if (!('simulate' in source)) return source.map((name) => (parseS3Uri(name) ? name : resolve(folder, name)));
  const { galaxies, seed } = source.simulate;
  const partitions = Math.ceil(galaxies / galaxiesPerFile);
  const galaxiesPerPartition = Math.ceil(galaxies / partitions);
  const place = join(directory.path, 'surveys', `sweep-${seed}-${partitions}x${galaxiesPerPartition}`);
  const scale = { seed, partitions, galaxiesPerPartition };
  const { paths, made } = await ensureSurvey(place, scale, interruption.signal, () => surveyProgress(terminal, scale));
  if (made)
    terminal.note(`Simulated ${count(partitions * galaxiesPerPartition)} galaxies in ${plural(partitions, 'file')}.`);
  return paths;
}

/** Where partitions lie is decided by what they hold, so that nobody makes them twice. */
const contentAddress = (digest: string, perPartition: number, format: string): string =>
  createHash('sha256').update(`${digest} ${perPartition} ${format} 1`).digest('hex').slice(0, 24);

const sampleBytesOf = ({ arrays }: Partition): number =>
  arrays.reduce((sum, { dtype, shape }) => sum + bytesPerElement[dtype] * elementCount(shape.slice(1)), 0);

async function makeAll(
  { terminal, interruption }: Session,
  { clients }: Target,
  files: readonly Partition[],
  plans: readonly PartitionSetPlan[],
  sampleBytes: number,
): Promise<void> {
  const total = (figure: (plan: PartitionSetPlan) => number) => plans.reduce((sum, plan) => sum + figure(plan), 0);
  const progress = new ByteProgress(terminal, {
    title: 'Preparing',
    totalBytes: total(({ distinct, samplesPerPartition: samples }) => distinct * samples * sampleBytes),
    totalItems: total((plan) => plan.count),
    noun: 'partitions',
  });
  let made = 0;
  try {
    for (const plan of plans)
      made += await makePartitions(clients.s3, files, plan, { progress, signal: interruption.signal });
  } finally {
    progress.stop();
  }
  const all = total((plan) => plan.count);
  terminal.note(
    `${plural(all, 'partition')} of ${plural(plans.length, 'size')}: ${count(made)} made, ${count(all - made)} there already.`,
  );
}
