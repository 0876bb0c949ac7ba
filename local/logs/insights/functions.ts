import { Instant, numberOf, textOf, type Value } from './values.js';

interface FunctionSignature {
  /** Fewest and most parameters. */
  readonly arity: readonly [least: number, most: number];
  readonly apply: (...values: Value[]) => Value;
}

const any = Number.POSITIVE_INFINITY;

/**
 * Functions that work on one record. A parameter that is missing makes the result missing, but for those that ask
 * about it.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
 */
export const functions: Readonly<Record<string, FunctionSignature>> = {
  abs: ofNumbers(1, Math.abs),
  ceil: ofNumbers(1, Math.ceil),
  floor: ofNumbers(1, Math.floor),
  log: ofNumbers(1, Math.log),
  sqrt: ofNumbers(1, Math.sqrt),
  greatest: { arity: [1, any], apply: (...values) => finite(Math.max(...values.map(numberOf))) },
  least: { arity: [1, any], apply: (...values) => finite(Math.min(...values.map(numberOf))) },

  ispresent: { arity: [1, 1], apply: (value) => value !== undefined },
  isempty: { arity: [1, 1], apply: (value) => value === undefined || value === '' },
  isblank: {
    arity: [1, 1],
    apply: (value) => value === undefined || (typeof value === 'string' && value.trim() === ''),
  },
  coalesce: { arity: [1, any], apply: (...values) => values.find((value) => value !== undefined) },

  concat: ofTexts(1, any, (texts) => texts.join('')),
  strlen: ofTexts(1, 1, ([text = '']) => text.length),
  toupper: ofTexts(1, 1, ([text = '']) => text.toUpperCase()),
  tolower: ofTexts(1, 1, ([text = '']) => text.toLowerCase()),
  trim: ofTexts(1, 1, ([text = '']) => text.trim()),
  ltrim: ofTexts(1, 1, ([text = '']) => text.trimStart()),
  rtrim: ofTexts(1, 1, ([text = '']) => text.trimEnd()),
  strcontains: ofTexts(2, 2, ([text = '', part = '']) => Number(text.includes(part))),
  replace: ofTexts(3, 3, ([text = '', part = '', replacement = '']) => text.replaceAll(part, () => replacement)),
  substr: {
    arity: [2, 3],
    apply: (value, start, length) => {
      const from = numberOf(start);
      if (value === undefined || Number.isNaN(from)) return undefined;
      return textOf(value).slice(from, length === undefined ? undefined : from + numberOf(length));
    },
  },

  frommillis: { arity: [1, 1], apply: (value) => instant(numberOf(value)) },
  tomillis: { arity: [1, 1], apply: (value) => finite(numberOf(value)) },
  datefloor: { arity: [2, 2], apply: (time, period) => rounded(time, period, Math.floor) },
  dateceil: { arity: [2, 2], apply: (time, period) => rounded(time, period, Math.ceil) },
  /** Its second parameter is not written in queries: the time of the record. */
  bin: { arity: [1, 1], apply: (period, time) => rounded(time, period, Math.floor) },
};

function ofNumbers(count: number, apply: (...numbers: number[]) => number): FunctionSignature {
  return { arity: [count, count], apply: (...values) => finite(apply(...values.map(numberOf))) };
}

function ofTexts(least: number, most: number, apply: (texts: readonly string[]) => Value): FunctionSignature {
  return {
    arity: [least, most],
    apply: (...values) => {
      const texts = values.flatMap((value) => (value === undefined ? [] : [textOf(value)]));
      return texts.length < values.length ? undefined : apply(texts);
    },
  };
}

function rounded(time: Value, period: Value, round: (units: number) => number): Value {
  const unitMs = numberOf(period);
  return instant(round(numberOf(time) / unitMs) * unitMs);
}

function instant(epochMs: number): Value {
  return Number.isFinite(epochMs) ? new Instant(epochMs) : undefined;
}

function finite(number: number): Value {
  return Number.isFinite(number) ? number : undefined;
}
