import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ReportInput } from '../../report/renderReport.js';
import { messageOf } from '../../run/errors.js';
import { rankRecordSchema } from '../../run/metrics.js';
import { UnreadableInputError } from '../errors.js';
import { readPayload } from '../readPayload.js';
import { parseSummary } from './parseSummary.js';

const metricsSchema = z.array(
  z.looseObject({ muster: rankRecordSchema.pick({ runId: true, rank: true, generation: true, spans: true }) }),
);

/** Whether a word names something on this disk rather than a run. */
export async function isOnDisk(source: string): Promise<boolean> {
  if (source.endsWith('.json') || /[/\\]/.test(source)) return true;
  return (await stat(source).catch(() => undefined)) !== undefined;
}

/**
 * Reads what the report of a run is made of from a copy of its summary; stages in time come from the `combined_data.json`
 * beside it, where there is one. Predictions are not in these files.
 *
 * @throws UnreadableInputError, SummaryFormatError.
 */
export async function readSavedRun(source: string): Promise<ReportInput> {
  const path = (await isFolder(source)) ? join(source, 'summary.json') : source;
  const summary = parseSummary(path, await readPayload(path, process.stdin));
  const records = await recordsBeside(path);
  return {
    summary,
    payload: summary.payload,
    versions: summary.versions ?? {},
    spans: records.flatMap(({ muster }) => (muster.runId === summary.runId ? [muster] : [])),
  };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function recordsBeside(path: string): Promise<z.infer<typeof metricsSchema>> {
  const beside = join(dirname(path), 'combined_data.json');
  const text = await readFile(beside, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UnreadableInputError(beside, messageOf(error), error);
  });
  if (text === undefined) return [];
  try {
    return metricsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UnreadableInputError(beside, 'it is not what a run of Muster writes; move it away or mend it.', error);
  }
}
