import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Uri } from '../../run/keys.js';
import type { RunSummary } from '../../run/summary.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { facts } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { replaceFolder } from './replaceFolder.js';

/** The copies on disk of what a run wrote. */
export interface CopiedResults {
  readonly report: string;
  readonly summary: string;
  readonly combinedData: string;
}

const names = { report: 'report.html', summary: 'summary.json', combinedData: 'combined_data.json' } as const;

/** Copies what people look at into a folder, where a browser can open it; what an earlier run left there goes. */
export async function copyResults(s3: S3Client, { files }: RunSummary, folder: string): Promise<CopiedResults> {
  const store = new ObjectStore(s3);
  const copy = async (uri: string, path: string): Promise<void> => {
    const address = parseS3Uri(uri);
    if (!address) throw new Error(`the summary names "${uri}", which is no S3 address`);
    await store.download(address.bucket, address.key, path);
  };
  const fill = async (staging: string): Promise<void> => {
    for (const kind of ['report', 'summary', 'combinedData'] as const)
      await copy(files[kind], join(staging, names[kind]));
  };
  await replaceFolder(folder, fill, async () => false);
  return {
    report: join(folder, names.report),
    summary: join(folder, names.summary),
    combinedData: join(folder, names.combinedData),
  };
}

export function showCopies(terminal: Terminal, { report, summary, combinedData }: CopiedResults): void {
  const { colours } = terminal;
  const entries = [
    ['report', `${report}  (open it in a browser)`],
    ['summary', summary],
    ['metrics', combinedData],
  ] as const;
  terminal.say(`\n${colours.bold('Copies on this disk')}\n${facts(entries, colours)}`);
}
