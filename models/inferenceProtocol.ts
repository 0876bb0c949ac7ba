import type { Tensor } from '../run/tensor.js';
import type { ModelSignature } from './modelSignature.js';

/** What an inference worker is started with: a path, or the bytes of the model in shared memory. */
export interface WorkerStart {
  readonly model: string | Uint8Array;
}

/** One micro-batch. The data of every feed lies in shared memory. */
export interface MicroBatch {
  readonly id: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Rows that the model takes: more than the feeds have where a model of fixed batch size is fed its last samples. */
  readonly rows: number;
}

export type ToWorker = ({ readonly kind: 'run' } & MicroBatch) | { readonly kind: 'close' };

/** The end of one micro-batch. */
export type MicroBatchAnswer =
  | { readonly kind: 'done'; readonly id: number; readonly outputs: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

export type FromWorker =
  | { readonly kind: 'ready'; readonly signature: ModelSignature }
  | { readonly kind: 'unsupported'; readonly faults: readonly string[] }
  | { readonly kind: 'unloadable'; readonly reason: string }
  | MicroBatchAnswer;
