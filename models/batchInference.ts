import type { Dtype, Tensor } from '../run/tensor.js';
import { InputMismatchError } from './errors.js';
import type { InferenceSession } from './inferenceSession.js';
import { nonFiniteSamples } from './nonFiniteSamples.js';

/** A run of samples of one partition. */
export interface SampleBatch {
  /** Index of the first sample in its partition. */
  readonly start: number;
  readonly count: number;
  /** The partition's arrays by name; the first axis has `count` rows. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Called when the tensors will not be looked at any more: their outputs are there, or nobody wants them. */
  release?(): void;
}

/** What a model says about one {@link SampleBatch}. */
export interface InferredBatch {
  readonly start: number;
  readonly count: number;
  /** The model's outputs by name; the first axis has `count` rows. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Samples, counted as `start` is, that have a NaN or an infinity in an output. Every other sample is unharmed. */
  readonly nonFinite: readonly number[];
}

export interface BatchInferenceOptions {
  /** Which array of a batch feeds which input of the model: `{ [input]: array }`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Converts a tensor to the dtype that an input wants, where the two differ. */
  readonly cast: (tensor: Tensor, dtype: Dtype) => Tensor;
  /** Batches that are held at once; workers + 1 if left out, which keeps every worker busy at any batch size. */
  readonly maxInFlight?: number;
  readonly signal?: AbortSignal;
}

type Step =
  | { readonly kind: 'arrived'; readonly next: IteratorResult<SampleBatch> }
  | { readonly kind: 'inferred'; readonly batch: InferredBatch };

/**
 * Runs batches through a model, as many at a time as keep its workers busy, and yields the answers in the order of the
 * batches, each as soon as it and those before it are there. Leaving the loop early, or a failure, ends what is under
 * way and returns the source.
 *
 * @throws InputMismatchError when a batch lacks an array, and everything that {@link InferenceSession.run} throws.
 */
export async function* inferBatches(
  session: InferenceSession,
  batches: AsyncIterable<SampleBatch>,
  options: BatchInferenceOptions,
): AsyncGenerator<InferredBatch, void, undefined> {
  const { maxInFlight = session.workers + 1 } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const source = batches[Symbol.asyncIterator]();
  const inFlight: Promise<Step>[] = [];
  const held = new Set<SampleBatch>();
  let arriving: Promise<Step> | undefined;
  let exhausted = false;
  const letGo =
    (batch: SampleBatch) =>
    (step: Step): Step => {
      held.delete(batch);
      batch.release?.();
      return step;
    };
  try {
    for (;;) {
      if (!arriving && !exhausted && inFlight.length < maxInFlight)
        arriving = handled(source.next().then((next) => ({ kind: 'arrived', next })));
      const awaited = [...inFlight.slice(0, 1), ...(arriving ? [arriving] : [])];
      if (awaited.length === 0) return;
      const step = await Promise.race(awaited);
      if (step.kind === 'inferred') {
        inFlight.shift();
        yield step.batch;
        continue;
      }
      arriving = undefined;
      if (step.next.done) exhausted = true;
      else {
        const batch = step.next.value;
        held.add(batch);
        inFlight.push(handled(infer(session, batch, options, signal).then(letGo(batch))));
      }
    }
  } finally {
    stop.abort();
    if (!exhausted) await source.return?.();
    // What a thread still reads of them goes into outputs that nobody gets.
    for (const batch of held) batch.release?.();
  }
}

/** Keeps a rejection that nobody has come to await yet from counting as unhandled. */
function handled(step: Promise<Step>): Promise<Step> {
  step.catch(() => undefined);
  return step;
}

async function infer(
  session: InferenceSession,
  batch: SampleBatch,
  options: BatchInferenceOptions,
  signal: AbortSignal,
): Promise<Step> {
  const { start, count } = batch;
  const outputs = await session.run(feedsOf(session, batch, options), { signal });
  const nonFinite = nonFiniteSamples(Object.values(outputs)).map((sample) => start + sample);
  return { kind: 'inferred', batch: { start, count, outputs, nonFinite } };
}

function feedsOf(
  session: InferenceSession,
  { start, count, tensors }: SampleBatch,
  { inputs, cast }: BatchInferenceOptions,
): Record<string, Tensor> {
  const dtypeOf = new Map(session.inputs.map(({ name, dtype }) => [name, dtype]));
  const faults: string[] = [];
  const feeds: Record<string, Tensor> = {};
  for (const [input, array] of Object.entries(inputs)) {
    const tensor = Object.hasOwn(tensors, array) ? tensors[array] : undefined;
    if (!tensor) {
      faults.push(`input "${input}" is to be fed "${array}", but the batch has ${Object.keys(tensors).join(', ')}`);
      continue;
    }
    if (tensor.shape[0] !== count)
      faults.push(`"${array}" has ${tensor.shape[0]} rows in the batch of ${count} samples at ${start}`);
    const dtype = dtypeOf.get(input);
    feeds[input] = dtype === undefined || dtype === tensor.dtype ? tensor : cast(tensor, dtype);
  }
  if (faults.length > 0) throw new InputMismatchError(session.modelName, faults);
  return feeds;
}
