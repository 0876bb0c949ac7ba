import { z } from 'zod';
import { readReportInput } from '../../job/reportInput.js';
import type { ReportInput } from '../../report/renderReport.js';
import { s3Uri, summaryKey } from '../../run/keys.js';
import { ObjectNotFoundError } from '../../storage/errors.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { type Target, type TargetOptions, withTarget } from '../cloud/target.js';
import { findRun } from '../execution/findRun.js';
import type { Session } from '../session.js';
import { s3Place } from '../transfer/s3Place.js';
import { NoSummaryError } from './errors.js';
import { parseSummary } from './parseSummary.js';

interface ResultPlace {
  readonly bucket: string;
  readonly resultPrefix: string;
}

/** Reads what the report of a run is made of, from where the run keeps its results. */
export async function readStoredRun(
  session: Session,
  source: string | undefined,
  options: TargetOptions,
): Promise<ReportInput> {
  return withTarget(session, options, async (target) => {
    const place = source?.startsWith('s3://') ? placeOf(source) : await placeOfRun(session, target, source);
    const store = new ObjectStore(target.clients.s3);
    return readReportInput(store, place, await summaryAt(store, place));
  });
}

/** `s3://bucket/prefix`, or the summary that lies there. */
function placeOf(uri: string): ResultPlace {
  const { bucket, prefix } = s3Place(uri);
  return { bucket, resultPrefix: prefix.replace(/\/summary\.json$/, '') };
}

async function placeOfRun(session: Session, target: Target, runId: string | undefined): Promise<ResultPlace> {
  const { address, runId: name } = await (await findRun(target, runId)).observe(session.interruption.signal);
  if (!address) throw new NoSummaryError(`Run ${name}`, 'it has no results, because it claimed no place for them');
  return address;
}

async function summaryAt(store: ObjectStore, { bucket, resultPrefix }: ResultPlace) {
  const key = summaryKey(resultPrefix);
  try {
    return parseSummary(s3Uri(bucket, key), await store.getJson(bucket, key, z.unknown()));
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    throw new NoSummaryError(s3Uri(bucket, key), 'there is no such object');
  }
}
