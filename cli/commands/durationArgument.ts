import { InvalidArgumentError } from '@commander-js/extra-typings';
import { parseDurationMs } from '../../run/duration.js';

/** Reads a duration such as `90s`, `15m` or `2h` as milliseconds. */
export function durationArgument(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Expected a duration such as 90s, 15m or 2h.');
  return ms;
}
