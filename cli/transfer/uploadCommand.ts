import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadBucketCommand,
  NotFound,
  type S3Client,
} from '@aws-sdk/client-s3';
import { s3Uri } from '../../run/keys.js';
import { type TargetOptions, withTarget } from '../cloud/target.js';
import { BucketNotFoundError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { ByteProgress } from '../terminal/byteProgress.js';
import { bytes, plural } from '../terminal/quantities.js';
import { isSameContent } from './remoteCopy.js';
import { type S3Place, s3Place } from './s3Place.js';
import { type TransferCounts, transferAll } from './transferAll.js';
import { uploadFile } from './uploadFile.js';
import { type UploadItem, uploadItems } from './uploadSources.js';

export interface UploadOptions extends TargetOptions {
  readonly dryRun?: true;
  readonly createBucket?: true;
}

/** `muster upload`: copies files and folders to S3; what is there already with the same content is skipped. */
export async function upload(
  session: Session,
  sources: readonly string[],
  destination: string,
  options: UploadOptions,
): Promise<ExitCode> {
  const { terminal, interruption } = session;
  const place = s3Place(destination);
  const items = await uploadItems(sources, place.prefix);
  return withTarget(session, options, async ({ clients }) => {
    if (!options.createBucket) await requireBucket(clients.s3, place.bucket);
    if (options.dryRun) return dryRun(session, clients.s3, place, items);
    if (options.createBucket) await createBucket(clients.s3, place.bucket);
    const counts = await uploadAll(session, clients.s3, place, items, interruption.signal);
    const skipped = counts.skipped > 0 ? `; ${plural(counts.skipped, 'file')} there already` : '';
    terminal.say(`Uploaded ${plural(counts.copied, 'file')} (${bytes(counts.bytes)}) to ${destination}${skipped}.`);
    terminal.result({ destination, uploaded: counts.copied, skipped: counts.skipped, bytes: counts.bytes });
    return exitCodes.success;
  });
}

/** Uploads items under a progress bar. */
export async function uploadAll(
  { terminal }: Session,
  s3: S3Client,
  { bucket }: S3Place,
  items: readonly UploadItem[],
  signal: AbortSignal,
): Promise<TransferCounts> {
  const totalBytes = items.reduce((sum, { size }) => sum + size, 0);
  const progress = new ByteProgress(terminal, {
    title: 'Uploading',
    totalBytes,
    totalItems: items.length,
    noun: 'files',
  });
  try {
    return await transferAll(
      items,
      'uploaded',
      ({ path }) => path,
      async (item) => {
        const same = await isSameContent(s3, { ...item, bucket }, signal);
        if (same) progress.addBytes(item.size);
        else await uploadFile(s3, bucket, item, (delta) => progress.addBytes(delta), signal);
        progress.addItem();
        return same ? 'skipped' : 'copied';
      },
      signal,
    );
  } finally {
    progress.stop();
  }
}

async function dryRun(
  { terminal, interruption }: Session,
  s3: S3Client,
  { bucket }: S3Place,
  items: readonly UploadItem[],
): Promise<ExitCode> {
  const files: { path: string; uri: string; size: number; action: 'upload' | 'skip' }[] = [];
  for (const item of items) {
    const same = await isSameContent(s3, { ...item, bucket }, interruption.signal);
    const entry = { path: item.path, uri: s3Uri(bucket, item.key), size: item.size };
    files.push({ ...entry, action: same ? 'skip' : 'upload' });
    terminal.say(`${same ? 'skip  ' : 'upload'}  ${item.path} -> ${entry.uri}  (${bytes(item.size)})`);
  }
  terminal.result({ dryRun: true, files });
  return exitCodes.success;
}

/** One clear error instead of one for each file. */
async function requireBucket(s3: S3Client, bucket: string): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (error instanceof NotFound) throw new BucketNotFoundError(bucket);
    throw error;
  }
}

async function createBucket(s3: S3Client, bucket: string): Promise<void> {
  try {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
}
