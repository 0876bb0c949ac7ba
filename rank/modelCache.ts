import { createInferenceSession, type InferenceSession } from '../models/inferenceSession.js';
import { s3Uri } from '../run/keys.js';
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js';
import { S3ByteSource } from '../storage/s3ByteSource.js';
import type { StageRecorder } from './stageRecorder.js';
import { TimedByteSource } from './timedByteSource.js';

/** Keeps the last model loaded for the next invocation of the same environment. */
export class ModelCache {
  readonly #workers: number;
  #cached: { readonly id: string; readonly session: Promise<InferenceSession> } | undefined;

  /** @param workers inference threads, one a vCPU */
  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Downloads the model and loads it, unless that version is loaded already. */
  async open(
    store: ObjectStore,
    bucket: string,
    model: ObjectInfo,
    recorder: StageRecorder,
  ): Promise<InferenceSession> {
    const id = `${s3Uri(bucket, model.key)}#${model.etag}`;
    if (this.#cached?.id !== id) {
      // Two models at a time may be more than there is memory for.
      const session = this.drop().then(() => this.#load(store, bucket, model, recorder));
      const cached = { id, session };
      this.#cached = cached;
      session.catch(() => {
        if (this.#cached === cached) this.#cached = undefined;
      });
    }
    return this.#cached.session;
  }

  /** Lets go of the model, so that the next one to open it loads it anew. */
  async drop(): Promise<void> {
    const cached = this.#cached;
    this.#cached = undefined;
    // One that could not be loaded has told whoever opened it.
    const session = await cached?.session.catch(() => undefined);
    await session?.close();
  }

  async #load(
    store: ObjectStore,
    bucket: string,
    model: ObjectInfo,
    recorder: StageRecorder,
  ): Promise<InferenceSession> {
    const source = new TimedByteSource(new S3ByteSource(store, bucket, model), recorder);
    const bytes = new Uint8Array(new SharedArrayBuffer(model.size));
    await source.read(0, bytes);
    return recorder.measure('init', () =>
      createInferenceSession({ model: bytes, modelName: source.name, workers: this.#workers }),
    );
  }
}
