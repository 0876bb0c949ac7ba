import { openPartition, type Partition } from '../../data/index.js';
import { parseS3Uri } from '../../run/keys.js';
import { type ByteSource, FileByteSource } from '../../storage/byteSource.js';
import { ObjectNotFoundError } from '../../storage/errors.js';
import type { ObjectStore } from '../../storage/objectStore.js';
import { S3ByteSource } from '../../storage/s3ByteSource.js';
import { UnreadableInputError } from '../errors.js';

/** The files of a dataset, open until `close`. */
export interface Dataset {
  readonly files: readonly Partition[];
  close(): Promise<void>;
}

/**
 * Opens the files of a dataset, local ones and `s3://` ones.
 *
 * @throws UnreadableInputError, ObjectNotFoundError, PartitionFormatError
 */
export async function openDataset(
  names: readonly string[],
  store: ObjectStore | undefined,
  signal: AbortSignal,
): Promise<Dataset> {
  const local: FileByteSource[] = [];
  const close = async () => {
    await Promise.all(local.map((source) => source.close()));
  };
  try {
    const files: Partition[] = [];
    for (const name of names) {
      const remote = store ? await openRemote(name, store) : undefined;
      const source: ByteSource = remote ?? (await openLocal(name));
      if (source instanceof FileByteSource) local.push(source);
      files.push(await openPartition(source, { signal }));
    }
    return { files, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openRemote(name: string, store: ObjectStore): Promise<S3ByteSource | undefined> {
  const address = parseS3Uri(name);
  if (!address) return undefined;
  const object = await store.head(address.bucket, address.key);
  if (!object) throw new ObjectNotFoundError(address.bucket, address.key);
  return new S3ByteSource(store, address.bucket, object);
}

async function openLocal(path: string): Promise<FileByteSource> {
  try {
    return await FileByteSource.open(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UnreadableInputError(path, code === 'ENOENT' ? 'there is no such file.' : message, error);
  }
}
