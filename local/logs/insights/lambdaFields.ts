import type { Value } from './values.js';

/** Bytes of what Lambda calls a megabyte, as Logs Insights counts them. */
const bytesPerMb = 1_000_000;

const platformLine = /^(?<type>START|END|REPORT|INIT_START|INIT_REPORT)\b(?: RequestId: (?<requestId>\S+))?/;
const consoleLine =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\s(?<requestId>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s/;

/** Numbers of a REPORT line, by what it calls them. */
const reportNumbers: readonly (readonly [field: string, label: RegExp, factor: number])[] = [
  ['@duration', /(?<!Billed |Init |Restore )Duration: ([\d.]+) ms/, 1],
  ['@billedDuration', /Billed Duration: ([\d.]+) ms/, 1],
  ['@initDuration', /Init Duration: ([\d.]+) ms/, 1],
  ['@restoreDuration', /Restore Duration: ([\d.]+) ms/, 1],
  ['@memorySize', /Memory Size: (\d+) MB/, bytesPerMb],
  ['@maxMemoryUsed', /Max Memory Used: (\d+) MB/, bytesPerMb],
];

/**
 * The fields that Logs Insights discovers in the lines of Lambda: `@type` and `@requestId`, and of REPORT lines
 * durations in milliseconds and memory in bytes.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
export function lambdaFields(message: string): ReadonlyMap<string, Value> {
  const fields = new Map<string, Value>();
  const platform = platformLine.exec(message)?.groups;
  const requestId = platform?.requestId ?? consoleLine.exec(message)?.groups?.requestId;
  if (requestId !== undefined) fields.set('@requestId', requestId);
  if (platform) fields.set('@type', platform.type);
  if (platform?.type !== 'REPORT') return fields;
  for (const [field, label, factor] of reportNumbers) {
    const number = label.exec(message)?.[1];
    if (number !== undefined) fields.set(field, Number(number) * factor);
  }
  return fields;
}
