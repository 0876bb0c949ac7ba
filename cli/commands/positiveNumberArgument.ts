import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Reads a number above 0 of a command line. */
export function positiveNumberArgument(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}
