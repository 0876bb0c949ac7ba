import type { ByteSource } from '../../storage/byteSource.js';
import { readBytes } from '../cachedSource.js';
import {
  CorruptPartitionError,
  TruncatedPartitionError,
  UnknownPartitionFormatError,
  UnsupportedPartitionError,
} from '../errors.js';
import type { Storage, StoredArray } from '../storedArray.js';
import { TorchAllowList } from './allowList.js';
import { PickleCursor } from './pickleCursor.js';
import { PickleMachine } from './pickleMachine.js';
import { describe, PickleDict, PickleList, type PickleValue, type StorageReference } from './pickleValues.js';
import { namedTensors, storageLength, tensorArray } from './tensors.js';
import { MAX_PICKLE_BYTES } from './zipFile.js';

const PROTO = 0x80;
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
const FIRST_TRY_BYTES = 64 * 1024;
/** Each storage starts with its number of elements as an int64. */
const COUNT_BYTES = 8;

/** Whether the first bytes are those of a pickle, with which the files of torch before 1.6 start. */
export function isLegacyTorch(head: Buffer): boolean {
  return head.length >= 2 && head[0] === PROTO && head[1] >= 2 && head[1] <= 5;
}

/**
 * Reads a `.pt` in the format before torch 1.6 (`_use_new_zipfile_serialization=False`): five pickles back to back
 * (magic number, protocol, system, object, storage keys), then the storages in the order of the keys.
 * Source: `_legacy_save` in `torch/serialization.py`.
 */
export async function readLegacyTorch(source: ByteSource, signal?: AbortSignal): Promise<StoredArray[]> {
  const file = source.name;
  const { root, keys, allowList, end } = await readPickles(source, signal);
  const storages = new Map<string, Storage>();
  let offset = end;
  for (const key of keys) {
    const reference = typeof key === 'string' ? allowList.storages.get(key) : undefined;
    if (!reference || storages.has(reference.key)) {
      const found = `${describe(key)} among the storage keys`;
      throw new CorruptPartitionError({ file, offset: end, found, expected: 'the keys of the tensors, each once' });
    }
    storages.set(reference.key, legacyStorage(source, reference, offset));
    offset += COUNT_BYTES + storageLength(reference);
  }
  if (offset > source.size) {
    throw new TruncatedPartitionError({ file, found: `a file of ${source.size} bytes`, expected: `${offset}` });
  }
  return [...namedTensors(file, root, 0)].map(([name, tensor]) => {
    const storage = storages.get(tensor.storage.key);
    if (!storage) {
      const found = `no storage ${tensor.storage.key}`;
      throw new CorruptPartitionError({ file, offset: end, found, expected: 'every storage that a tensor views' });
    }
    return tensorArray(file, name, tensor, storage, false);
  });
}

interface Pickles {
  root: PickleValue;
  keys: readonly PickleValue[];
  allowList: TorchAllowList;
  /** Where the storages start. */
  end: number;
}

/** How long the pickles are is not known beforehand: parses what is at hand, and fetches more when that was too short. */
async function readPickles(source: ByteSource, signal?: AbortSignal): Promise<Pickles> {
  for (let length = FIRST_TRY_BYTES; ; length *= 16) {
    const bytes = await readBytes(source, 0, Math.min(length, source.size, MAX_PICKLE_BYTES), signal);
    try {
      return parsePickles(source.name, bytes);
    } catch (error) {
      const isAll = bytes.length === source.size || bytes.length === MAX_PICKLE_BYTES;
      if (isAll || !(error instanceof TruncatedPartitionError)) throw error;
    }
  }
}

function parsePickles(file: string, bytes: Buffer): Pickles {
  const allowList = new TorchAllowList(file);
  const cursor = new PickleCursor(file, bytes, 0);
  const next = (): PickleValue => new PickleMachine(cursor, allowList).run();
  checkMagic(file, next);
  const version = next();
  if (version !== PROTOCOL_VERSION) {
    const found = `protocol ${describe(version)}`;
    throw new UnsupportedPartitionError({ file, found, expected: `the number ${PROTOCOL_VERSION}` });
  }
  const system = next();
  if (!(system instanceof PickleDict) || system.entries.get('little_endian') !== true) {
    throw new UnsupportedPartitionError({
      file,
      found: 'a legacy torch file that was not written on a little-endian machine',
      expected: 'little_endian to be True',
      remedy: 'Load it in torch and save it again in the zip format.',
    });
  }
  const root = next();
  const keys = next();
  if (!(keys instanceof PickleList)) {
    throw new CorruptPartitionError({ file, found: describe(keys), expected: 'the list of storage keys' });
  }
  return { root, keys: keys.items, allowList, end: cursor.offset };
}

function checkMagic(file: string, next: () => PickleValue): void {
  const magic = next();
  if (magic === MAGIC_NUMBER) return;
  throw new UnknownPartitionFormatError({
    file,
    offset: 0,
    found: `a plain Python pickle of ${describe(magic)}`,
    expected: 'the magic number of torch.save',
    remedy: 'Write the tensors with torch.save.',
  });
}

function legacyStorage(source: ByteSource, reference: StorageReference, offset: number): Storage {
  const length = storageLength(reference);
  return {
    length,
    async locate(signal) {
      const count = (await readBytes(source, offset, COUNT_BYTES, signal)).readBigInt64LE(0);
      if (count !== BigInt(reference.elementCount)) {
        throw new CorruptPartitionError({
          file: source.name,
          offset,
          found: `storage ${reference.key} of ${count} elements`,
          expected: `${reference.elementCount}`,
        });
      }
      return { kind: 'plain', source, offset: offset + COUNT_BYTES, length };
    },
  };
}
