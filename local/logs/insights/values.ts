/** A point in time, which results show as a date. */
export class Instant {
  readonly epochMs: number;

  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }
}

/** What a field can hold; undefined where there is nothing. */
export type Value = string | number | boolean | Instant | undefined;

/** @returns NaN for what is not a number and does not read as one. */
export function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (value instanceof Instant) return value.epochMs;
  if (typeof value === 'string' && value.trim() !== '') return Number(value);
  return Number.NaN;
}

/** A value as results show it. */
export function textOf(value: Exclude<Value, undefined>): string {
  if (!(value instanceof Instant)) return String(value);
  return new Date(value.epochMs).toISOString().replace('T', ' ').replace('Z', '');
}

/** Negative, zero or positive: by number where both are numbers, by text otherwise. Nothing comes before everything. */
export function compareValues(a: Value, b: Value): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const difference = numberOf(a) - numberOf(b);
  if (!Number.isNaN(difference)) return difference;
  const [left, right] = [textOf(a), textOf(b)];
  return left < right ? -1 : Number(left > right);
}

/** Whether a condition's value counts as true. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'string') return value === 'true' || value === '1';
  return value === true || (typeof value === 'number' && value !== 0 && !Number.isNaN(value));
}
