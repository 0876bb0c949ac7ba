import { type Batch, castTensor } from '../data/index.js';
import { inferBatches } from '../models/batchInference.js';
import type { InferenceSession } from '../models/inferenceSession.js';
import { emptyQualitySums, type QualitySums, sumQuality } from '../run/quality.js';
import { elementCount, type Tensor } from '../run/tensor.js';
import { comparedOutput } from './arrayBinding.js';
import type { PartitionResult, RankContext, RankPartition } from './context.js';
import { type PartitionFailure, PartitionsFailedError } from './errors.js';
import { OutputCollector } from './outputCollector.js';
import { type OpenedPartition, PartitionsAhead } from './partitionsAhead.js';
import type { Prefetched } from './prefetched.js';

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
  const ahead = new PartitionsAhead(ctx, session);
  let upcoming = ahead.open(ctx.partitions[0]);
  for (const [index, partition] of ctx.partitions.entries()) {
    const current = upcoming;
    upcoming = ahead.open(ctx.partitions[index + 1]);
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
  const compared = binding.labels === null ? undefined : comparedOutput(Object.keys(predictions), binding.labels);
  return {
    samples: sampleCount,
    batches: batchCount,
    predictions,
    labels: truth,
    compared,
    nonFiniteSamples,
    quality:
      truth && compared !== undefined ? qualityOf(ctx, compared, predictions[compared], truth) : emptyQualitySums,
  };
}

/** Quality is known where the model says one number a sample. */
function qualityOf({ logger }: RankContext, output: string, predicted: Tensor, truth: Tensor): QualitySums {
  if (predicted.shape[0] > 0 && elementCount(predicted.shape.slice(1)) !== 1) {
    logger.warn(
      `The true values are not compared: the model's output "${output}" is [${predicted.shape.join(', ')}], not one number a sample.`,
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
