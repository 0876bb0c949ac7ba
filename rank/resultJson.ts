import { UnsavableResultError } from './errors.js';

/**
 * A script's result as JSON. Typed arrays, which collectives give back, become arrays of numbers.
 *
 * @throws UnsavableResultError for what JSON cannot hold.
 */
export function resultJson(name: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (_key, each: unknown) => (isTypedArray(each) ? Array.from<unknown>(each) : each));
  } catch (error) {
    throw new UnsavableResultError(name, error);
  }
  if (text === undefined) throw new UnsavableResultError(name, new TypeError(`${typeof value} has no JSON`));
  return text;
}

function isTypedArray(value: unknown): value is ArrayBufferView & Iterable<unknown> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
