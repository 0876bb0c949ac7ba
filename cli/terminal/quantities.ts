/*
 * How the command writes numbers for people. Machines get them from `--json`, unrounded.
 */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `12,345`. */
export const count = (value: number): string => grouped.format(value);

/** Three significant digits, grouped when large: `0.0123`, `4.57`, `12,345`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return grouped.format(value);
  return String(Number(value.toPrecision(3)));
}

const scales: readonly (readonly [factor: number, prefix: string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

function scaled(value: number, unit: string): string {
  const scale = scales.find(([factor]) => Math.abs(value) >= factor);
  return scale ? `${Number((value / scale[0]).toPrecision(3))} ${scale[1]}${unit}` : `${figure(value)} ${unit}`;
}

/** Bytes by powers of ten, as S3 prices and the CosmicAI partition sizes are: `5.24 MB`. */
export const bytes = (value: number): string => scaled(value, 'B');

/** `1.62 Gbit/s`. */
export const bitRate = (bitsPerSecond: number): string => scaled(bitsPerSecond, 'bit/s');

/** `5.24 MB/s`. */
export const byteRate = (bytesPerSecond: number): string => scaled(bytesPerSecond, 'B/s');

/** `940 ms`, `12.3 s`, `4 min 05 s`, `2 h 07 min`. */
export function duration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 99_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A running clock: `0:07`, `12:34`, `1:02:03`. */
export function clock(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0
    ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`
    : `${minutes}:${twoDigits(seconds % 60)}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** US dollars: cents from one dollar up, otherwise three significant digits without an exponent: `$0.000123`. */
export function usd(amount: number): string {
  if (amount === 0) return '$0';
  if (Math.abs(amount) >= 1)
    return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const decimals = Math.min(12, 2 - Math.floor(Math.log10(Math.abs(amount))));
  return `$${amount.toFixed(Math.max(2, decimals))}`;
}

/** A share of one as per cent: `1.8 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** `1 rank`, `6 ranks`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Date and time of the local time zone, to the second: `2025-03-01 12:34:56`. */
export function dateTime(date: Date): string {
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  return `${day} ${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}
