import type { Period } from './ast.js';

const day = 86_400_000;

/** Milliseconds of the units that always take the same time. */
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: day, w: 7 * day };

/** Reads `5m`, `30s`, `1h`, `1d`, `1w`, `500ms`; undefined for months, quarters and years, which differ in length. */
export function parsePeriod(text: string): Period | undefined {
  const [, count, unit] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  const unitMs = units[unit ?? ''];
  const ms = Number(count) * (unitMs ?? 0);
  return ms > 0 ? { ms } : undefined;
}
