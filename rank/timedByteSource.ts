import type { ByteSource } from '../storage/byteSource.js';
import type { StageRecorder } from './stageRecorder.js';

/** Counts the reads of a source as the download stage. */
export class TimedByteSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #recorder: StageRecorder;

  constructor(source: ByteSource, recorder: StageRecorder) {
    this.name = source.name;
    this.size = source.size;
    this.#source = source;
    this.#recorder = recorder;
  }

  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#recorder.measure('download', () => this.#source.read(offset, into, signal));
  }
}
