import type { PartitionFormat } from '../../data/index.js';
import { parseS3Uri } from '../../run/keys.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { type Target, type TargetOptions, withTarget } from '../cloud/target.js';
import { UsageError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { ByteProgress } from '../terminal/byteProgress.js';
import { bytes, count, plural } from '../terminal/quantities.js';
import { s3Place } from '../transfer/s3Place.js';
import { openDataset } from './datasetSource.js';
import { FolderSink, type PartSink, S3Sink } from './partSink.js';
import { type SplitProgress, splitInto } from './splitInto.js';

export interface PartitionOptions extends TargetOptions {
  readonly mb?: number;
  readonly samples?: number;
  readonly format?: PartitionFormat;
  readonly arrays?: readonly string[];
  readonly out: string;
  readonly resume?: boolean;
}

/** `muster partition`: splits a dataset into partitions of about one size, in order, reading and writing as it goes. */
export async function partition(
  session: Session,
  names: readonly string[],
  options: PartitionOptions,
): Promise<ExitCode> {
  const by = splitSize(options);
  const needsS3 = [...names, options.out].some((name) => parseS3Uri(name) !== undefined);
  if (!needsS3) return split(session, names, by, options, undefined);
  return withTarget(session, options, (target) => split(session, names, by, options, target));
}

function splitSize({ mb, samples }: PartitionOptions): { mb: number } | { samples: number } {
  if (mb !== undefined && samples === undefined) return { mb };
  if (samples !== undefined && mb === undefined) return { samples };
  throw new UsageError('Give the size of a partition, either as --mb or as --samples.');
}

async function split(
  { terminal, interruption }: Session,
  names: readonly string[],
  by: { mb: number } | { samples: number },
  { format, arrays, out, resume = false }: PartitionOptions,
  target: Target | undefined,
): Promise<ExitCode> {
  const { signal } = interruption;
  const dataset = await openDataset(names, target && new ObjectStore(target.clients.s3), signal);
  const progress = new BarOverParts((totalBytes, totalItems) => {
    return new ByteProgress(terminal, { title: 'Partitioning', totalBytes, totalItems, noun: 'partitions' });
  });
  try {
    const sink: PartSink =
      target && parseS3Uri(out) ? new S3Sink(target.clients.s3, s3Place(out)) : new FolderSink(out);
    const wanted = format ?? dataset.files[0].format;
    const result = await splitInto(dataset.files, sink, { by, format: wanted, arrays, resume, signal }, progress);
    progress.stop();
    const amount = `${plural(result.parts, 'partition')}, ${count(result.samples)} samples in all (${bytes(result.bytes)}),`;
    const skipped = result.skipped > 0 ? `; ${count(result.skipped)} were there already` : '';
    terminal.say(`Wrote ${amount} to ${sink.name}${skipped}.`);
    terminal.result({ out: sink.name, format: wanted, ...result });
    return exitCodes.success;
  } finally {
    progress.stop();
    await dataset.close();
  }
}

/** A progress bar that appears when the parts are known. */
class BarOverParts implements SplitProgress {
  readonly #start: (totalBytes: number, totalItems: number) => ByteProgress;
  #bar: ByteProgress | undefined;

  constructor(start: (totalBytes: number, totalItems: number) => ByteProgress) {
    this.#start = start;
  }

  planned(parts: readonly { readonly byteLength: number }[]): void {
    const totalBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#bar = this.#start(totalBytes, parts.length);
  }

  bytes(delta: number): void {
    this.#bar?.addBytes(delta);
  }

  partDone(): void {
    this.#bar?.addItem();
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
