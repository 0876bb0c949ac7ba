import { factorNames } from './factors.js';
import { measuresSchema, type SweepRow } from './sweepRow.js';

const figures = measuresSchema.keyof().options;
const columns = [
  'key',
  'point',
  'repeat',
  ...factorNames,
  'runId',
  'status',
  'reason',
  'startedAt',
  'usd',
  'usdBasis',
  'repeatedData',
  'killed',
  ...figures,
] as const;

/** `sweep.csv`: one row a run (RFC 4180); what a failed run did not measure is empty. */
export function sweepCsv(rows: readonly SweepRow[]): string {
  const lines = rows.map((row) =>
    [
      row.key,
      row.point + 1,
      row.repeat,
      ...factorNames.map((name) => row.factors[name]),
      row.runId,
      row.status,
      row.reason,
      new Date(row.startedAtMs).toISOString(),
      row.usd,
      row.usdBasis,
      row.repeatedData,
      row.killed,
      ...figures.map((name) => row.measures?.[name]),
    ]
      .map(field)
      .join(','),
  );
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function field(value: string | number | boolean | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
