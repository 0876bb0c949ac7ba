import { type EncodedFile, type Partition, type SplitOptions, splitDataset } from '../../data/index.js';
import { PartsPresentError } from '../errors.js';
import type { PartSink } from './partSink.js';

/** A part of the split that is to be made. */
export interface PlannedPart {
  readonly name: string;
  readonly byteLength: number;
  readonly sampleCount: number;
}

/** What a split came to. */
export interface SplitResult {
  readonly parts: number;
  readonly samples: number;
  /** Of all parts. */
  readonly bytes: number;
  /** Parts that were there from an earlier attempt. */
  readonly skipped: number;
}

/** Told as parts are written. */
export interface SplitProgress {
  planned(parts: readonly PlannedPart[]): void;
  bytes(delta: number): void;
  partDone(): void;
}

/**
 * Splits a dataset into a sink that holds no partitions yet: the next run would take strange ones for part of the
 * dataset. With `resume`, parts that are there with the right size are kept, and others still refused.
 *
 * @throws PartsPresentError
 */
export async function splitInto(
  files: readonly Partition[],
  sink: PartSink,
  options: SplitOptions & { readonly resume: boolean; readonly signal: AbortSignal },
  progress: SplitProgress,
): Promise<SplitResult> {
  const parts: PlannedPart[] = [];
  for await (const { name, byteLength, sampleCount } of splitDataset(files, options)) {
    parts.push({ name, byteLength, sampleCount });
  }
  const present = await sink.existing();
  const kept = new Set(
    options.resume ? parts.filter((part) => present.get(part.name) === part.byteLength).map(({ name }) => name) : [],
  );
  const strange = [...present.keys()].filter((name) => !kept.has(name));
  if (strange.length > 0) throw new PartsPresentError(sink.name, strange, options.resume);
  progress.planned(parts);
  for await (const part of splitDataset(files, options)) {
    options.signal.throwIfAborted();
    if (kept.has(part.name)) progress.bytes(part.byteLength);
    else await sink.save(part.name, counted(part, progress), options.signal);
    progress.partDone();
  }
  return {
    parts: parts.length,
    samples: parts.reduce((sum, { sampleCount }) => sum + sampleCount, 0),
    bytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    skipped: kept.size,
  };
}

function counted(file: EncodedFile, progress: SplitProgress): EncodedFile {
  async function* content() {
    for await (const piece of file.content) {
      progress.bytes(piece.length);
      yield piece;
    }
  }
  return { byteLength: file.byteLength, content: { [Symbol.asyncIterator]: content } };
}
