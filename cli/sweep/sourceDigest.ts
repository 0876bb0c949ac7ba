import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseS3Uri } from '../../run/keys.js';
import { ObjectNotFoundError } from '../../storage/errors.js';
import type { ObjectStore } from '../../storage/objectStore.js';

/** What tells datasets apart: the content of local files, the etag and size of objects, in their order. */
export async function sourceDigest(names: readonly string[], store: ObjectStore, signal: AbortSignal): Promise<string> {
  const whole = createHash('sha256');
  for (const name of names) whole.update(`${await fileDigest(name, store, signal)}\n`);
  return whole.digest('hex');
}

async function fileDigest(name: string, store: ObjectStore, signal: AbortSignal): Promise<string> {
  const address = parseS3Uri(name);
  if (address) {
    const object = await store.head(address.bucket, address.key);
    if (!object) throw new ObjectNotFoundError(address.bucket, address.key);
    return `${object.etag} ${object.size}`;
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(name), hash, { signal });
  return hash.digest('hex');
}
