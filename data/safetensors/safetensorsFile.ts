import { z } from 'zod';
import { messageOf } from '../../run/errors.js';
import { bytesPerElement, elementCount } from '../../run/tensor.js';
import type { ByteSource } from '../../storage/byteSource.js';
import { shapeFault } from '../arrayShape.js';
import { readBytes } from '../cachedSource.js';
import { CorruptPartitionError, type Fault, TruncatedPartitionError, UnsupportedPartitionError } from '../errors.js';
import { rowMajorStrides, type StoredArray } from '../storedArray.js';
import { safetensorsDtypes } from './dtypes.js';
import { duplicateKeys } from './headerJson.js';

/** The header starts with its length in eight bytes; the format allows 100 MB. */
const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;
const OPENING_BRACE = 0x7b;

const tensorSchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

const metadataSchema = z.record(z.string(), z.string());

interface Placed {
  readonly array: StoredArray;
  readonly begin: number;
  readonly end: number;
}

/** Whether the first bytes are those of a safetensors file: a length and the `{` of its header. */
export function isSafetensors(head: Buffer): boolean {
  return head.length > LENGTH_BYTES && head[LENGTH_BYTES] === OPENING_BRACE;
}

/**
 * Reads the header of a `.safetensors` file.
 * Source of the format and of its rules: https://github.com/huggingface/safetensors#format
 */
export async function readSafetensors(source: ByteSource, signal?: AbortSignal): Promise<StoredArray[]> {
  const file = source.name;
  const lengthBytes = await readBytes(source, 0, LENGTH_BYTES, signal);
  const length = Number(lengthBytes.readBigUInt64LE(0));
  if (length > MAX_HEADER_BYTES) {
    throw corrupt(file, 0, `a header length of ${length} bytes`, `at most ${MAX_HEADER_BYTES}`);
  }
  const dataStart = LENGTH_BYTES + length;
  if (dataStart > source.size) {
    throw truncated(file, `a header of ${length} bytes in a file of ${source.size}`, 'the whole header');
  }
  const text = new TextDecoder('utf-8').decode(await readBytes(source, LENGTH_BYTES, length, signal));
  const placed = parseHeader(source, text, dataStart).sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(source, placed, dataStart);
  return placed.map(({ array }) => array);
}

function parseHeader(source: ByteSource, text: string, dataStart: number): Placed[] {
  const file = source.name;
  const header = parseJson(file, text);
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt(file, LENGTH_BYTES, 'a header that is no object', 'an object of tensors');
  const duplicates = duplicateKeys(text);
  if (duplicates.length > 0) {
    const found = `the name ${duplicates.map((key) => JSON.stringify(key)).join(', ')} twice`;
    throw corrupt(file, LENGTH_BYTES, found, 'every name once');
  }
  return Object.entries(header).flatMap(([name, value]) => {
    if (name !== '__metadata__') return [parseTensor(source, name, value, dataStart)];
    if (metadataSchema.safeParse(value).success) return [];
    throw corrupt(file, LENGTH_BYTES, 'a __metadata__ that is no map of strings', 'strings only');
  });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(file, LENGTH_BYTES, `a header that is no JSON (${messageOf(cause)})`, 'a JSON object', cause);
  }
}

function parseTensor(source: ByteSource, name: string, value: unknown, dataStart: number): Placed {
  const file = source.name;
  const quoted = JSON.stringify(name);
  const parsed = tensorSchema.safeParse(value);
  if (!parsed.success) {
    const found = `tensor ${quoted}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`;
    throw corrupt(file, LENGTH_BYTES, found, 'dtype, shape and data_offsets');
  }
  const { dtype: stored, shape, data_offsets } = parsed.data;
  const dtype = safetensorsDtypes.get(stored);
  if (!dtype) {
    throw new UnsupportedPartitionError({
      file,
      offset: LENGTH_BYTES,
      found: `tensor ${quoted} of dtype ${stored}`,
      expected: `one of ${[...safetensorsDtypes.keys()].join(', ')}`,
      remedy: 'Convert the tensor before saving it.',
    });
  }
  const [begin, end] = data_offsets;
  const fault = shapeFault(shape, dtype);
  const needed = fault ? 0 : elementCount(shape) * bytesPerElement[dtype];
  if (fault || end - begin !== needed) {
    const found = `tensor ${quoted} of ${fault ?? `${stored} (${shape.join(', ')}) in bytes ${begin} to ${end}`}`;
    throw corrupt(file, LENGTH_BYTES, found, fault ? 'a sound shape' : `${needed} bytes`);
  }
  const storage = {
    length: needed,
    locate: async () => ({ kind: 'plain', source, offset: dataStart + begin, length: needed }) as const,
  };
  const array = { name, dtype, shape, storage, offset: 0, strides: rowMajorStrides(shape), bigEndian: false };
  return { array, begin, end };
}

/** The tensors must fill the rest of the file, without a hole and without overlap. */
function checkCoverage(source: ByteSource, placed: readonly Placed[], dataStart: number): void {
  let covered = 0;
  for (const { array, begin, end } of placed) {
    if (begin !== covered) {
      const found = `tensor ${JSON.stringify(array.name)} from data byte ${begin} on`;
      throw corrupt(source.name, dataStart + begin, found, `data byte ${covered}, without a hole or an overlap`);
    }
    covered = end;
  }
  const present = source.size - dataStart;
  if (covered > present) {
    throw truncated(source.name, `${present} bytes of data in a file of ${source.size}`, `${covered}`);
  }
  if (covered < present) {
    const found = `${present - covered} bytes after the last tensor`;
    throw corrupt(source.name, dataStart + covered, found, 'the end of the file');
  }
}

function corrupt(file: string, offset: number, found: string, expected: string, cause?: unknown) {
  return new CorruptPartitionError({ file, offset, found, expected, cause });
}

function truncated(file: string, found: string, expected: Fault['expected']): TruncatedPartitionError {
  return new TruncatedPartitionError({ file, found, expected });
}
