import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { type LambdaReport, parseReportLine } from '../../cost/reportLine.js';
import { messageOf } from '../../run/errors.js';
import { UnreadableInputError } from '../errors.js';

/** What a log file holds. */
export interface LogFile {
  readonly reports: readonly LambdaReport[];
  readonly lines: number;
}

/**
 * The REPORT lines of an exported log: text, or JSON, one event a line; gzipped where its name ends in `.gz`.
 *
 * @throws UnreadableInputError
 */
export async function readReports(path: string): Promise<LogFile> {
  const reports: LambdaReport[] = [];
  let lines = 0;
  try {
    const file = createReadStream(path);
    // readline does not pass on what goes wrong with its input.
    const failed = new Promise<never>((_, reject) => file.once('error', reject));
    const content = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
    const broken = new Promise<never>((_, reject) => content.once('error', reject));
    const read = async () => {
      for await (const line of createInterface({ input: content, crlfDelay: Number.POSITIVE_INFINITY })) {
        lines++;
        const report = parseReportLine(line);
        if (report) reports.push(report);
      }
    };
    await Promise.race([read(), failed, broken]);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UnreadableInputError(path, missing ? 'there is no such file.' : messageOf(error), error);
  }
  return { reports, lines };
}
