/** Bytes `first` to `last`, both included. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * Reads a Range header against an object of `size` bytes, by RFC 9110 section 14.
 *
 * @returns the range, clamped to the object; `undefined` when the header asks for the whole object, be it that S3
 *   ignores it (bad syntax, another unit, several ranges, last before first); `unsatisfiable` for an answer of 416.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined | 'unsatisfiable' {
  const parts = header === undefined ? null : /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header);
  if (!parts) return undefined;
  const [, from, to] = parts;
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && isLess(to, from)) return undefined;
  if (first >= size) return 'unsatisfiable';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}

/** Compares decimal numbers of any length, beyond what a double tells apart. */
function isLess(a: string, b: string): boolean {
  return BigInt(a) < BigInt(b);
}
