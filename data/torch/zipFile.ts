import type { ByteSource } from '../../storage/byteSource.js';
import { CorruptPartitionError } from '../errors.js';
import type { Storage, StoredArray } from '../storedArray.js';
import type { ZipEntry } from '../zip/directory.js';
import { entryStorage, readEntry } from '../zip/entryBytes.js';
import { TorchAllowList } from './allowList.js';
import { PickleCursor } from './pickleCursor.js';
import { PickleMachine } from './pickleMachine.js';
import type { StorageReference } from './pickleValues.js';
import { namedTensors, storageLength, tensorArray } from './tensors.js';

/** The pickle of a dataset names a few tensors; this is room for thousands. */
export const MAX_PICKLE_BYTES = 16 * 1024 * 1024;
const MAX_BYTE_ORDER_BYTES = 16;
const PICKLE = /^[^/]+\/data\.pkl$/;

/** Whether a zip is one of torch: it has a `data.pkl` in a folder. */
export function isTorchZip(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return [...entries.keys()].some((name) => PICKLE.test(name));
}

/** Reads the pickle of a `.pt` in the zip format (torch 1.6 and later) and finds its tensors in the other entries. */
export async function readTorchZip(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
  signal?: AbortSignal,
): Promise<StoredArray[]> {
  const file = source.name;
  const [pickle, ...others] = [...entries.values()].filter(({ name }) => PICKLE.test(name));
  if (!pickle || others.length > 0) {
    throw new CorruptPartitionError({ file, found: `${others.length + 1} data.pkl entries`, expected: 'one' });
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const [{ bytes, offset }, bigEndian] = await Promise.all([
    readEntry(source, pickle, MAX_PICKLE_BYTES, signal),
    isBigEndian(source, entries.get(`${folder}byteorder`), signal),
  ]);
  const allowList = new TorchAllowList(file);
  const root = new PickleMachine(new PickleCursor(file, bytes, offset), allowList).run();
  const storages = new Map(
    [...allowList.storages].map(([key, reference]) => [
      key,
      findStorage(source, entries.get(`${folder}data/${key}`), `${folder}data/${key}`, reference),
    ]),
  );
  return [...namedTensors(file, root, offset)].map(([name, tensor]) => {
    const storage = storages.get(tensor.storage.key);
    if (!storage) throw new CorruptPartitionError({ file, found: `no storage ${tensor.storage.key}`, expected: 'one' });
    return tensorArray(file, name, tensor, storage, bigEndian);
  });
}

/** Torch before 2.1 does not say; it was little-endian wherever it ran. */
async function isBigEndian(source: ByteSource, entry?: ZipEntry, signal?: AbortSignal): Promise<boolean> {
  if (!entry) return false;
  const { bytes, offset } = await readEntry(source, entry, MAX_BYTE_ORDER_BYTES, signal);
  const order = bytes.toString('utf8');
  if (order === 'little' || order === 'big') return order === 'big';
  const found = `byte order ${JSON.stringify(order)}`;
  throw new CorruptPartitionError({ file: source.name, offset, found, expected: 'little or big' });
}

function findStorage(
  source: ByteSource,
  entry: ZipEntry | undefined,
  name: string,
  reference: StorageReference,
): Storage {
  const file = source.name;
  const expected = `${storageLength(reference)} bytes, ${reference.elementCount} of ${reference.type}`;
  if (!entry) throw new CorruptPartitionError({ file, found: `no entry ${name}`, expected: `it to hold ${expected}` });
  if (entry.length !== storageLength(reference)) {
    const found = `${name} of ${entry.length} bytes`;
    throw new CorruptPartitionError({ file, offset: entry.headerOffset, found, expected });
  }
  return entryStorage(source, entry);
}
