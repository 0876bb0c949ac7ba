import { type Batch, type Partition, readArray, streamBatches } from '../data/index.js';
import type { InferenceSession } from '../models/inferenceSession.js';
import type { Tensor } from '../run/tensor.js';
import { type ArrayBinding, bindArrays, describeBinding } from './arrayBinding.js';
import type { RankContext, RankPartition } from './context.js';
import { checkOutputNames } from './predictionFiles.js';
import { Prefetched } from './prefetched.js';

/** A partition whose first bytes are on their way. */
export interface OpenedPartition {
  readonly sampleCount: number;
  readonly binding: ArrayBinding;
  readonly batches: Prefetched<Batch>;
  readonly labels: Promise<Tensor | undefined>;
}

/**
 * Opens partitions one ahead of their inference. Their headers are read at once, their samples when the partition before
 * has asked for all of its own and there is room for more: both share one memory, and what is needed first comes first.
 */
export class PartitionsAhead {
  readonly #ctx: RankContext;
  readonly #session: InferenceSession;
  #loggedBinding: string | undefined;
  /** Resolves when the partition that was opened last has asked for all of its samples. */
  #turn: Promise<void> = Promise.resolve();

  constructor(ctx: RankContext, session: InferenceSession) {
    this.#ctx = ctx;
    this.#session = session;
  }

  /** Opens a partition and starts to fetch it; undefined past the last one. */
  open(partition: RankPartition | undefined): Promise<OpenedPartition | undefined> {
    if (!partition) return Promise.resolve(undefined);
    let allRequested = () => {};
    const turn = this.#turn;
    this.#turn = new Promise((resolve) => {
      allRequested = resolve;
    });
    const opened = this.#open(partition, turn, allRequested);
    // It is awaited a partition later; until then its failure has nobody to go to but the partition that comes after.
    opened.catch(allRequested);
    return opened;
  }

  async #open(planned: RankPartition, turn: Promise<void>, allRequested: () => void): Promise<OpenedPartition> {
    const { payload, signal } = this.#ctx;
    const partition = await planned.open();
    const binding = bindArrays(this.#session.inputs, partition.arrays, payload, {
      partition: partition.name,
      model: this.#session.modelName,
    });
    const outputs = this.#session.outputs.map(({ name }) => name);
    checkOutputNames(outputs, payload.predictions, binding.labels !== null);
    this.#logBinding(binding, partition);
    const arrays = [...new Set(Object.values(binding.inputs))];
    const sampleCount = partition.sampleCountOf(binding.labels === null ? arrays : [...arrays, binding.labels]);
    const { memory, chunkBytes } = this.#ctx.memory.planFor(
      arrays.map((name) => partition.arrayNamed(name)),
      payload.batch_size,
    );
    const stream = streamBatches(partition, {
      memory,
      chunkBytes,
      arrays,
      batchSize: payload.batch_size,
      allRequested,
      signal,
    });
    const labels = this.#readLabels(partition, binding.labels);
    labels.catch(() => undefined);
    const ready = turn.then(() => memory.roomFor(chunkBytes));
    return { sampleCount, binding, batches: new Prefetched(inTurn(ready, stream, allRequested)), labels };
  }

  /** Says what feeds what: once, and again only for partitions that differ. */
  #logBinding(binding: ArrayBinding, partition: Partition): void {
    const { inputs, labels } = binding;
    const bound = JSON.stringify({ inputs, labels });
    if (bound === this.#loggedBinding) return;
    this.#loggedBinding = bound;
    this.#ctx.logger.info(
      `From ${partition.name} on, the model is fed: ${describeBinding(binding, partition.arrays)}.`,
      {
        inputs,
        labels,
      },
    );
  }

  async #readLabels(partition: Partition, name: string | null): Promise<Tensor | undefined> {
    return name === null ? undefined : readArray(partition, name, { signal: this.#ctx.signal });
  }
}

/** Waits for its turn, and gives the turn on when it ends, however it ends. */
async function* inTurn<T>(
  turn: Promise<void>,
  stream: AsyncGenerator<T, void>,
  giveOn: () => void,
): AsyncGenerator<T, void> {
  try {
    await turn;
    yield* stream;
  } finally {
    giveOn();
  }
}
