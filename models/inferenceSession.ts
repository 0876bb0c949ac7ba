import type { Tensor } from '../run/tensor.js';
import { InputMismatchError, ModelLoadError, SessionClosedError } from './errors.js';
import { type SpawnWorker, spawnInferenceWorker } from './inferenceWorkerThread.js';
import { inputFaults } from './inputFaults.js';
import { MicroBatchQueue } from './microBatchQueue.js';
import { fixedBatchSize, type ModelValue } from './modelSignature.js';
import { OutputAssembly } from './outputAssembly.js';
import { rowsOf } from './tensorArrays.js';

/**
 * Samples that go through the model at a time. 16 was the fastest of 4 to 512, or within noise of it, for a model of
 * 0.4 M parameters and for one of 16 M; larger ones fall out of the processor's cache and cost memory.
 */
export const defaultMicroBatch = 16;

export interface InferenceSessionOptions {
  /** The ONNX file: its path (needed for weights in files of their own) or its bytes. */
  readonly model: string | Uint8Array;
  /** What messages call the model, such as its `s3://` URI. */
  readonly modelName: string;
  /** Worker threads, one session of one thread in each: one a vCPU ({@link workersForMemory}). */
  readonly workers: number;
  /** Samples that go through the model at a time; see {@link defaultMicroBatch}. */
  readonly microBatch?: number;
  /** Ends the loading of the model. */
  readonly signal?: AbortSignal;
}

/**
 * A model, loaded in worker threads: onnxruntime computes on the thread that calls it, so the event loop stays free for
 * downloads and heartbeats only when others call it.
 *
 * @example
 * ```ts
 * const session = await createInferenceSession({ model: 'redshift.onnx', modelName: 'redshift', workers: 2 });
 * const { redshift } = await session.run({ image, magnitude }); // float32 [N, 1]
 * await session.close();
 * ```
 */
export interface InferenceSession {
  readonly modelName: string;
  readonly workers: number;
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /**
   * Runs N samples, the first axis of every feed, through the model. They are dealt to the threads in micro-batches, so
   * one call keeps all threads busy; calls may overlap and are served in order. Feeds in shared memory are read in place,
   * others are copied a micro-batch at a time; both must not change until the promise settles. Calls that wait hold no
   * memory but their feeds.
   *
   * @returns each output by its name, with N rows.
   * @throws InputMismatchError, OutputMismatchError, InferenceFailedError, InferenceWorkerLostError, SessionClosedError,
   * or the signal's reason.
   */
  run(feeds: Readonly<Record<string, Tensor>>, options?: { signal?: AbortSignal }): Promise<Record<string, Tensor>>;
  /** Refuses further runs, waits for those under way, and ends the threads. */
  close(): Promise<void>;
}

/**
 * Loads a model into worker threads.
 *
 * @throws ModelLoadError when it is no ONNX model that the runtime understands, ModelUnsupportedError when its inputs or
 * outputs are not tensors of samples, or the signal's reason.
 */
export function createInferenceSession(options: InferenceSessionOptions): Promise<InferenceSession> {
  return ThreadedSession.create(options, spawnInferenceWorker);
}

/** The session of {@link createInferenceSession}, with the start of its threads as a parameter. */
export class ThreadedSession implements InferenceSession {
  readonly modelName: string;
  readonly workers: number;
  readonly #microBatch: number;
  /** Rows that every micro-batch must have, for a model without a dynamic first axis. */
  readonly #fixedRows?: number;
  readonly #queue: MicroBatchQueue;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed?: Promise<void>;

  private constructor(options: InferenceSessionOptions, queue: MicroBatchQueue) {
    this.modelName = options.modelName;
    this.workers = options.workers;
    this.#fixedRows = fixedBatchSize(queue.signature);
    this.#microBatch = this.#fixedRows ?? options.microBatch ?? defaultMicroBatch;
    this.#queue = queue;
  }

  static async create(options: InferenceSessionOptions, spawn: SpawnWorker): Promise<ThreadedSession> {
    const { model, modelName, workers, microBatch = defaultMicroBatch, signal } = options;
    for (const [name, value] of Object.entries({ workers, microBatch }))
      if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be 1 or more, found ${value}`);
    if (model.length === 0) throw new ModelLoadError(modelName, 'it is empty');
    const start = { model: typeof model === 'string' ? model : inSharedMemory(model) };
    return new ThreadedSession(options, await MicroBatchQueue.start(modelName, workers, start, spawn, signal));
  }

  get inputs(): readonly ModelValue[] {
    return this.#queue.signature.inputs;
  }

  get outputs(): readonly ModelValue[] {
    return this.#queue.signature.outputs;
  }

  async run(
    feeds: Readonly<Record<string, Tensor>>,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Record<string, Tensor>> {
    if (this.#closed) throw new SessionClosedError(this.modelName);
    signal?.throwIfAborted();
    const faults = inputFaults(this.inputs, feeds);
    if (faults.length > 0) throw new InputMismatchError(this.modelName, faults);
    const running = this.#runMicroBatches(feeds, signal);
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.#queue.close());
    return this.#closed;
  }

  #runMicroBatches(feeds: Readonly<Record<string, Tensor>>, signal?: AbortSignal): Promise<Record<string, Tensor>> {
    const count = feeds[this.inputs[0].name].shape[0];
    const assembly = new OutputAssembly(this.modelName, this.outputs, count);
    if (count === 0) return Promise.resolve(assembly.outputs());
    return new Promise((resolve, reject) => {
      let settled = false;
      let left = Math.ceil(count / this.#microBatch);
      const settle = (deliver: () => void) => {
        if (settled) return;
        settled = true;
        signal?.removeEventListener('abort', abort);
        deliver();
      };
      const fail = (error: unknown) => settle(() => reject(error));
      const abort = () => fail(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      for (let start = 0; start < count; start += this.#microBatch) {
        const rows = Math.min(this.#microBatch, count - start);
        this.#queue.push({
          feeds: Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, rowsOf(feed, start, rows)])),
          rows: this.#fixedRows ?? rows,
          abandoned: () => settled,
          reject: fail,
          resolve: (outputs) => {
            try {
              assembly.put(start, rows, this.#fixedRows ?? rows, outputs);
              if (--left === 0) settle(() => resolve(assembly.outputs()));
            } catch (error) {
              fail(error);
            }
          },
        });
      }
    });
  }
}

/** The bytes in shared memory, so that every thread reads the same ones. */
function inSharedMemory(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
