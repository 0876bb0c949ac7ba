import { type Allocate, type Batch, castTensor, type Partition, readArray, streamBatches } from '../data/index.js';
import { inferBatches } from '../models/batchInference.js';
import type { InferenceSession } from '../models/inferenceSession.js';
import { emptyQualitySums, sumQuality } from '../run/quality.js';
import { elementCount, type Tensor } from '../run/tensor.js';
import { type ArrayBinding, bindArrays } from './arrayBinding.js';
import type { PartitionResult, RankContext, RankPartition } from './context.js';
import { type PartitionFailure, PartitionsFailedError } from './errors.js';
import { OutputCollector } from './outputCollector.js';
import { PartitionMemory } from './partitionMemory.js';
import { Prefetched } from './prefetched.js';

/** A partition whose first bytes are on their way. */
interface OpenedPartition {
  readonly sampleCount: number;
  readonly binding: ArrayBinding;
  readonly batches: Prefetched<Batch>;
  readonly labels: Promise<Tensor | undefined>;
}

/**
 * The built-in script: runs the model over every partition of the rank and writes the predictions. While one partition is
 * inferred, the next is fetched. A partition that fails does not stop the others; the rank fails at the end and names it.
 */
export default async function run(ctx: RankContext): Promise<void> {
  // More ranks than partitions: the last ranks have nothing to do, and need no model for it.
  if (ctx.partitions.length === 0) return;
  const session = await ctx.openModel();
  const failures: PartitionFailure[] = [];
  const fail = ({ key }: RankPartition, error: unknown) => {
    failures.push({ key, error });
    ctx.logger.error(`Partition ${key} failed.`, { error });
  };
  // Results are written while the next partition is inferred.
  let writing: Promise<void> = Promise.resolve();
  const memory = new PartitionMemory();
  let upcoming = open(ctx, session, memory.of(0), ctx.partitions[0]);
  for (const [index, partition] of ctx.partitions.entries()) {
    const current = upcoming;
    upcoming = open(ctx, session, memory.of(index + 1), ctx.partitions[index + 1]);
    try {
      const opened = await current;
      const result = opened && (await inferPartition(ctx, session, opened));
      await writing;
      if (result) writing = ctx.finishPartition(partition, result).catch((error: unknown) => fail(partition, error));
    } catch (error) {
      ctx.signal.throwIfAborted();
      fail(partition, error);
    }
  }
  await writing;
  ctx.signal.throwIfAborted();
  if (failures.length > 0) throw new PartitionsFailedError(ctx.rank, ctx.partitions.length - failures.length, failures);
}

/** Opens a partition and starts to fetch it; undefined past the last one. */
function open(
  ctx: RankContext,
  session: InferenceSession,
  allocate: Allocate,
  partition: RankPartition | undefined,
): Promise<OpenedPartition | undefined> {
  const opened = partition ? openAhead(ctx, session, allocate, partition) : Promise.resolve(undefined);
  // It is awaited a partition later; until then its failure has nobody to go to.
  opened.catch(() => undefined);
  return opened;
}

async function openAhead(
  ctx: RankContext,
  session: InferenceSession,
  allocate: Allocate,
  planned: RankPartition,
): Promise<OpenedPartition> {
  const partition = await planned.open();
  const binding = bindArrays(session.inputs, partition.arrays, ctx.payload, {
    partition: partition.name,
    model: session.modelName,
  });
  const arrays = [...new Set(Object.values(binding.inputs))];
  const sampleCount = partition.sampleCountOf(binding.labels === null ? arrays : [...arrays, binding.labels]);
  const stream = streamBatches(partition, {
    arrays,
    batchSize: ctx.payload.batch_size,
    allocate,
    signal: ctx.signal,
  });
  const labels = readLabels(ctx, partition, binding.labels);
  labels.catch(() => undefined);
  return { sampleCount, binding, batches: new Prefetched(stream), labels };
}

async function readLabels(ctx: RankContext, partition: Partition, name: string | null): Promise<Tensor | undefined> {
  return name === null ? undefined : readArray(partition, name, { signal: ctx.signal });
}

async function inferPartition(
  ctx: RankContext,
  session: InferenceSession,
  { sampleCount, binding, batches, labels }: OpenedPartition,
): Promise<PartitionResult> {
  const collector = new OutputCollector(session.outputs, sampleCount);
  const nonFiniteSamples: number[] = [];
  let batchCount = 0;
  const pulled = { [Symbol.asyncIterator]: () => timedIterator(ctx, batches) };
  for await (const batch of inferBatches(timedSession(ctx, session), pulled, {
    inputs: binding.inputs,
    cast: castTensor,
    signal: ctx.signal,
  })) {
    collector.put(batch.start, batch.outputs);
    for (const sample of batch.nonFinite) nonFiniteSamples.push(sample);
    batchCount++;
  }
  const truth = await labels;
  const predictions = collector.outputs();
  return {
    samples: sampleCount,
    batches: batchCount,
    predictions,
    labels: truth,
    nonFiniteSamples,
    quality: qualityOfFirst(ctx, session.outputs[0].name, predictions, truth),
  };
}

/** Quality is known where the model says one number a sample. */
function qualityOfFirst(
  { logger }: RankContext,
  output: string,
  predictions: Readonly<Record<string, Tensor>>,
  truth: Tensor | undefined,
) {
  const predicted = predictions[output];
  if (!truth) return emptyQualitySums;
  if (predicted.shape[0] > 0 && elementCount(predicted.shape.slice(1)) !== 1) {
    logger.warn(
      `The true values are not compared: the model's first output "${output}" is [${predicted.shape.join(', ')}], not one number a sample.`,
    );
    return emptyQualitySums;
  }
  return sumQuality(numbersOf(predicted), numbersOf(truth));
}

function numbersOf(tensor: Tensor): Float64Array {
  const { data } = castTensor(tensor, 'float64');
  return data instanceof Float64Array ? data : Float64Array.from(data, Number);
}

/** The session, its runs counted as inference. */
function timedSession(ctx: RankContext, session: InferenceSession): InferenceSession {
  const { modelName, workers, inputs, outputs } = session;
  return {
    modelName,
    workers,
    inputs,
    outputs,
    run: (feeds, options) => ctx.measure('inference', () => session.run(feeds, options)),
    close: () => session.close(),
  };
}

/** Counts the wait for a batch as decoding, but for the part that waits for a download. */
function timedIterator(ctx: RankContext, batches: Prefetched<Batch>): AsyncIterator<Batch> {
  return {
    next: () => ctx.measure('decode', () => batches.next()),
    return: () => batches.return(),
  };
}
