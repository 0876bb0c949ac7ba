import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../run/errors.js';
import { InferenceWorkerLostError, ModelLoadError, ModelUnsupportedError } from './errors.js';
import type { FromWorker, MicroBatch, MicroBatchAnswer, ToWorker, WorkerStart } from './inferenceProtocol.js';
import type { ModelSignature } from './modelSignature.js';

/** Starts the thread that loads a model; replaced in tests to see threads die. */
export type SpawnWorker = (start: WorkerStart) => Worker;

/** Starts `inferenceWorker` from beside this file: compiled beside a bundle, through tsx where this is TypeScript. */
export function spawnInferenceWorker(start: WorkerStart): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./inferenceWorker.mjs', import.meta.url), { workerData: start });
  const tsx = import.meta.resolve('tsx/esm/api');
  const importing = `import('${tsx}').then((tsx) => tsx.tsImport('./inferenceWorker.ts', '${import.meta.url}'))`;
  return new Worker(importing, { eval: true, workerData: start });
}

/** How a thread's answers and its death are heard. */
export interface WorkerListener {
  answered(answer: MicroBatchAnswer): void;
  /** The thread ended without being asked to. */
  died(reason: string, cause?: unknown): void;
}

/** The main thread's end of one inference worker. */
export class InferenceWorkerThread {
  readonly signature: ModelSignature;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #closing = false;

  private constructor(worker: Worker, exited: Promise<void>, signature: ModelSignature) {
    this.#worker = worker;
    this.#exited = exited;
    this.signature = signature;
  }

  /**
   * Starts a thread and waits until it has loaded the model.
   *
   * @throws ModelLoadError, ModelUnsupportedError, or the signal's reason.
   */
  static async start(
    spawn: SpawnWorker,
    start: WorkerStart,
    modelName: string,
    listener: WorkerListener,
    signal?: AbortSignal,
  ): Promise<InferenceWorkerThread> {
    signal?.throwIfAborted();
    const worker = spawn(start);
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    try {
      const signature = await firstAnswer(worker, exited, modelName, signal);
      const thread = new InferenceWorkerThread(worker, exited, signature);
      thread.#listen(listener);
      return thread;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  #listen(listener: WorkerListener): void {
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'done' || message.kind === 'failed') listener.answered(message);
    });
    this.#worker.on('error', (error) => listener.died(error.message, error));
    this.#worker.on('exit', (code) => {
      if (!this.#closing) listener.died(`it left with exit code ${code}`);
    });
  }

  post(microBatch: MicroBatch): void {
    this.#send({ kind: 'run', ...microBatch });
  }

  /** Ends the thread after the micro-batches that it was given. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#send({ kind: 'close' });
    await this.#exited;
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

/** The signature that a fresh worker sends when its model is loaded. */
async function firstAnswer(
  worker: Worker,
  exited: Promise<void>,
  modelName: string,
  signal?: AbortSignal,
): Promise<ModelSignature> {
  let answer: FromWorker;
  try {
    const early = exited.then(() => Promise.reject(new Error('it ended while it loaded the model')));
    [answer] = await Promise.race([once(worker, 'message', { signal }), early]);
  } catch (error) {
    signal?.throwIfAborted();
    throw new InferenceWorkerLostError(modelName, messageOf(error), { cause: error });
  }
  if (answer.kind === 'ready') return answer.signature;
  if (answer.kind === 'unsupported') throw new ModelUnsupportedError(modelName, answer.faults);
  const reason = answer.kind === 'unloadable' ? answer.reason : `unexpected answer "${answer.kind}"`;
  throw new ModelLoadError(modelName, reason);
}
