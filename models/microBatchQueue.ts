import type { Tensor } from '../run/tensor.js';
import { InferenceFailedError, InferenceWorkerLostError } from './errors.js';
import type { MicroBatchAnswer, WorkerStart } from './inferenceProtocol.js';
import { InferenceWorkerThread, type SpawnWorker } from './inferenceWorkerThread.js';
import type { ModelSignature } from './modelSignature.js';
import { SharedStaging } from './sharedStaging.js';

/** One micro-batch on its way: what it feeds the model, and who waits for it. */
export interface QueuedMicroBatch {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly rows: number;
  /** True when nobody wants the outputs any more; such a micro-batch is dropped before it reaches a thread. */
  abandoned(): boolean;
  resolve(outputs: Readonly<Record<string, Tensor>>): void;
  reject(error: Error): void;
}

/** One that runs and one that waits in the thread, so that a thread never idles while the main thread is busy. */
const slotsPerThread = 2;

interface Slot {
  readonly thread: InferenceWorkerThread;
  readonly staging: SharedStaging;
}

/** Deals micro-batches, first come first served, to the threads of one session. */
export class MicroBatchQueue {
  readonly #modelName: string;
  readonly #threads: InferenceWorkerThread[] = [];
  readonly #free: Slot[] = [];
  readonly #waiting: QueuedMicroBatch[] = [];
  readonly #underWay = new Map<number, { slot: Slot; microBatch: QueuedMicroBatch }>();
  #nextId = 0;
  #lost?: InferenceWorkerLostError;

  private constructor(modelName: string) {
    this.#modelName = modelName;
  }

  /** Starts `workers` threads, all of them or none. */
  static async start(
    modelName: string,
    workers: number,
    start: WorkerStart,
    spawn: SpawnWorker,
    signal?: AbortSignal,
  ): Promise<MicroBatchQueue> {
    const queue = new MicroBatchQueue(modelName);
    const listener = {
      answered: queue.#answered.bind(queue),
      died: queue.#died.bind(queue),
    };
    const starting = Array.from({ length: workers }, () =>
      InferenceWorkerThread.start(spawn, start, modelName, listener, signal),
    );
    const started = await Promise.allSettled(starting);
    for (const result of started) if (result.status === 'fulfilled') queue.#threads.push(result.value);
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await queue.close();
      throw failed.reason;
    }
    for (let slot = 0; slot < slotsPerThread; slot++)
      for (const thread of queue.#threads) queue.#free.push({ thread, staging: new SharedStaging() });
    return queue;
  }

  get signature(): ModelSignature {
    return this.#threads[0].signature;
  }

  push(microBatch: QueuedMicroBatch): void {
    if (this.#lost) {
      microBatch.reject(this.#lost);
      return;
    }
    this.#waiting.push(microBatch);
    this.#dispatch();
  }

  /** Ends the threads. Nothing may be waiting. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #dispatch(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const microBatch = this.#waiting.shift()!;
      if (microBatch.abandoned()) continue;
      const slot = this.#free.shift()!;
      const id = this.#nextId++;
      this.#underWay.set(id, { slot, microBatch });
      slot.thread.post({ id, feeds: slot.staging.share(microBatch.feeds), rows: microBatch.rows });
    }
  }

  #answered(answer: MicroBatchAnswer): void {
    const { slot, microBatch } = this.#underWay.get(answer.id)!;
    this.#underWay.delete(answer.id);
    this.#free.push(slot);
    this.#dispatch();
    if (answer.kind === 'done') microBatch.resolve(answer.outputs);
    else microBatch.reject(new InferenceFailedError(this.#modelName, answer.reason));
  }

  #died(reason: string, cause?: unknown): void {
    this.#lost ??= new InferenceWorkerLostError(this.#modelName, reason, { cause });
    for (const { microBatch } of this.#underWay.values()) microBatch.reject(this.#lost);
    for (const microBatch of this.#waiting) microBatch.reject(this.#lost);
    this.#underWay.clear();
    this.#waiting.length = 0;
  }
}
