/*
 * Figures as people read them. Decimal units throughout: 1 MB is 10^6 bytes, 1 Gbit/s 10^9 bits a second.
 */

const digits = (value: number, maximum: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: maximum, useGrouping: true });

/** Three figures at most behind which nobody looks: 3.87, 12.4, 517. */
const short = (value: number): string => digits(value, value < 10 ? 2 : value < 100 ? 1 : 0);

function scaled(value: number, units: readonly string[]): string {
  const step = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${short(value / 1000 ** step)} ${units[step]}`;
}

export const formatCount = (count: number): string => digits(count, 0);

export const formatBytes = (bytes: number): string => scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);

export const formatBitRate = (bitsPerSecond: number): string =>
  scaled(bitsPerSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']);

export const formatSampleRate = (samplesPerSecond: number): string => `${short(samplesPerSecond)} samples/s`;

export const formatMemory = (megabytes: number): string => `${digits(megabytes, 0)} MB`;

/** `840 ms`, `12.3 s`, `4 min 5 s`, `1 h 2 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${short(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A duration at an axis, whose origin needs no unit. */
export const formatTick = (ms: number): string => (ms === 0 ? '0' : formatDuration(ms));

/** How many times as long, as much: 1.78. */
export const formatFactor = (factor: number): string => short(factor);

/** Dollars: cents from one dollar up, three significant figures below. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0';
  if (usd >= 1) {
    return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  }
  return `$${usd.toLocaleString('en-US', { maximumSignificantDigits: 3 })}`;
}

export const formatPercent = (share: number): string => `${short(share * 100)} %`;

/** Four significant figures, such as an error measure. */
export const formatFigure = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 4, useGrouping: true });

/** `2026-01-02 03:04:05 UTC`. */
export const formatTime = (epochMs: number): string =>
  `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
