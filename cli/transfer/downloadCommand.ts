import { stat } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { type TargetOptions, withTarget } from '../cloud/target.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { ByteProgress } from '../terminal/byteProgress.js';
import { bytes, plural } from '../terminal/quantities.js';
import { downloadFile } from './downloadFile.js';
import { type DownloadItem, downloadItems, uriOf } from './downloadItems.js';
import { isSameContent } from './remoteCopy.js';
import { s3Place } from './s3Place.js';
import { transferAll } from './transferAll.js';

/** `muster download`: copies an object, or all under a prefix, into a folder; what is there already is skipped. */
export async function download(
  session: Session,
  source: string,
  folder: string,
  options: TargetOptions,
): Promise<ExitCode> {
  const { terminal, interruption } = session;
  const place = s3Place(source);
  return withTarget(session, options, async ({ clients }) => {
    const items = await downloadItems(clients.s3, place, folder, interruption.signal);
    const progress = new ByteProgress(terminal, {
      title: 'Downloading',
      totalBytes: items.reduce((sum, { size }) => sum + size, 0),
      totalItems: items.length,
      noun: 'files',
    });
    try {
      const counts = await transferAll(
        items,
        'downloaded',
        (item) => uriOf(place.bucket, item),
        async (item) => {
          const same = await isHere(clients.s3, place.bucket, item, interruption.signal);
          if (same) progress.addBytes(item.size);
          else
            await downloadFile(
              clients.s3,
              place.bucket,
              item,
              (delta) => progress.addBytes(delta),
              interruption.signal,
            );
          progress.addItem();
          return same ? 'skipped' : 'copied';
        },
        interruption.signal,
      );
      const skipped = counts.skipped > 0 ? `; ${plural(counts.skipped, 'file')} there already` : '';
      terminal.say(`Downloaded ${plural(counts.copied, 'file')} (${bytes(counts.bytes)}) to ${folder}${skipped}.`);
      terminal.result({ folder, downloaded: counts.copied, skipped: counts.skipped, bytes: counts.bytes });
      return exitCodes.success;
    } finally {
      progress.stop();
    }
  });
}

async function isHere(s3: S3Client, bucket: string, item: DownloadItem, signal: AbortSignal): Promise<boolean> {
  const info = await stat(item.path).catch(() => undefined);
  if (!info?.isFile() || info.size !== item.size) return false;
  return isSameContent(s3, { ...item, bucket }, signal);
}
