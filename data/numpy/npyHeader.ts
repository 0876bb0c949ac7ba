import { messageOf } from '../../run/errors.js';
import type { Dtype } from '../../run/tensor.js';
import { isCount, shapeFault } from '../arrayShape.js';
import { CorruptPartitionError, UnsupportedPartitionError } from '../errors.js';
import { numpyCodes, refusedCode } from './dtypes.js';
import { type PythonLiteral, parsePythonLiteral } from './pythonLiteral.js';

/** First bytes of every `.npy`. */
export const NPY_MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Magic, version and the longer form of the header length. */
export const NPY_PREFIX_BYTES = 12;
/** Far longer than the header of any array that is not structured. */
const MAX_HEADER_BYTES = 64 * 1024;

/** What the header of an `.npy` says. */
export interface NpyHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly bigEndian: boolean;
}

/** Where an array file starts, for messages. */
export interface Place {
  readonly file: string;
  readonly offset: number;
}

/**
 * Where the header text starts and the data begins, in bytes from the start of the array file.
 * Source of the format: NumPy Enhancement Proposal 1 and `numpy.lib.format`.
 */
export function headerExtent(prefix: Buffer, place: Place): { start: number; end: number } {
  if (!prefix.subarray(0, NPY_MAGIC.length).equals(NPY_MAGIC)) {
    throw corrupt(place, `bytes ${prefix.toString('hex', 0, 6)}`, 'the magic of an .npy array');
  }
  const major = prefix[6];
  if (major < 1 || major > 3) {
    throw new UnsupportedPartitionError({ ...place, found: `.npy version ${major}`, expected: 'version 1, 2 or 3' });
  }
  const start = major === 1 ? 10 : NPY_PREFIX_BYTES;
  const length = major === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (length > MAX_HEADER_BYTES) throw corrupt(place, `a header of ${length} bytes`, `at most ${MAX_HEADER_BYTES}`);
  return { start, end: start + length };
}

/** Parses the header text: a Python dict of `descr`, `fortran_order` and `shape`. */
export function parseNpyHeader(text: string, place: Place): NpyHeader {
  const fields = headerFields(text, place);
  const descr = fields.get('descr');
  const fortranOrder = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (fields.size !== 3 || descr === undefined || typeof fortranOrder !== 'boolean' || !Array.isArray(shape)) {
    throw corrupt(place, `the header ${JSON.stringify(text.trim().slice(0, 200))}`, 'descr, fortran_order and shape');
  }
  const order = typeof descr === 'string' ? (/^[<>|=]/.exec(descr)?.[0] ?? '') : '';
  const dtype = typeof descr === 'string' ? numpyCodes.get(descr.slice(order.length)) : undefined;
  if (!dtype) {
    throw new UnsupportedPartitionError({
      ...place,
      found: typeof descr === 'string' ? refusedCode(descr) : 'a structured dtype',
      expected: 'an array of plain numbers or booleans',
      remedy: 'Save each field as an array of its own, converted to a number type; objects are never unpickled.',
    });
  }
  const fault = shapeFault(shape, dtype);
  if (fault || !shape.every(isCount)) throw corrupt(place, `a shape with ${fault}`, 'a sound shape');
  return { dtype, shape, fortranOrder, bigEndian: order === '>' };
}

function headerFields(text: string, place: Place): Map<string, PythonLiteral> {
  try {
    const header = parsePythonLiteral(text);
    if (header instanceof Map) return header;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw corrupt(place, `a header with ${messageOf(cause)}`, 'a Python dict', cause);
  }
  throw corrupt(place, 'a header that is no dict', 'a Python dict');
}

function corrupt(place: Place, found: string, expected: string, cause?: unknown): CorruptPartitionError {
  return new CorruptPartitionError({ ...place, found, expected, cause });
}
