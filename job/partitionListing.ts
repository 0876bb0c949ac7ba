import { isPartitionKey, partitionEndings, partitionNames, s3Uri } from '../run/keys.js';
import { compareNaturally } from '../run/naturalOrder.js';
import type { PlannedPartition } from '../run/plan.js';
import { ObjectNotFoundError } from '../storage/errors.js';
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js';

/** The partitions under a prefix in natural order (1.pt, 2.pt, 10.pt), or what is wrong there. */
export type PartitionListing = { partitions: PlannedPartition[]; fault?: undefined } | { fault: string };

/** Lists every page; a `limit` keeps the first partitions in natural order. */
export async function listPartitions(
  store: ObjectStore,
  bucket: string,
  dataPrefix: string,
  limit: number | undefined,
): Promise<PartitionListing> {
  const prefix = `${dataPrefix}/`;
  const found: ObjectInfo[] = [];
  const others: string[] = [];
  try {
    for await (const object of store.list(bucket, prefix)) {
      if (isPartitionKey(object.key)) found.push(object);
      else if (!object.key.endsWith('/')) others.push(object.key);
    }
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return { fault: `data_bucket: there is no bucket "${bucket}"` };
    throw error;
  }
  if (found.length === 0) return { fault: describeEmpty(s3Uri(bucket, prefix), others) };
  found.sort((left, right) => compareNaturally(left.key, right.key));
  const chosen = found.slice(0, limit);
  const names = partitionNames(
    chosen.map(({ key }) => key),
    prefix,
  );
  return { partitions: chosen.map((object, index) => ({ name: names[index], ...object })) };
}

function describeEmpty(uri: string, others: readonly string[]): string {
  const beside = others.length > 0 ? ` (found ${others.length} other objects, such as ${others[0]})` : '';
  return `data_prefix: no partition under ${uri}${beside}; expected keys that end in ${partitionEndings.join(', ')}`;
}
