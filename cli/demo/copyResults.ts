import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Uri } from '../../run/keys.js';
import type { RunSummary } from '../../run/summary.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { facts } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';

/** The copies on disk of what a run wrote. */
export interface CopiedResults {
  readonly report: string;
  readonly summary: string;
  readonly combinedData: string;
}

/** Copies what people look at into a folder, where a browser can open it; what an earlier run left there goes. */
export async function copyResults(s3: S3Client, { files }: RunSummary, folder: string): Promise<CopiedResults> {
  const store = new ObjectStore(s3);
  const copy = async (uri: string, name: string): Promise<string> => {
    const address = parseS3Uri(uri);
    if (!address) throw new Error(`the summary names "${uri}", which is no S3 address`);
    const path = join(folder, name);
    await store.download(address.bucket, address.key, path);
    return path;
  };
  await rm(folder, { recursive: true, force: true });
  return {
    report: await copy(files.report, 'report.html'),
    summary: await copy(files.summary, 'summary.json'),
    combinedData: await copy(files.combinedData, 'combined_data.json'),
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
