import { isPartitionKey, partitionEndings, partitionNames, s3Uri } from '../run/keys.js';
import { compareNaturally } from '../run/naturalOrder.js';
import type { Payload } from '../run/payload.js';
import type { PlannedPartition } from '../run/plan.js';
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js';
import { placeFault } from './placeFault.js';

/** The partitions under a prefix in natural order (1.pt, 2.pt, 10.pt), or what is wrong there. */
export type PartitionListing = { partitions: PlannedPartition[]; fault?: undefined } | { fault: string };

/** Lists every page; `file_limit` keeps the first partitions in natural order. */
export async function listPartitions(store: ObjectStore, payload: Payload): Promise<PartitionListing> {
  const bucket = payload.data_bucket ?? payload.bucket;
  const prefix = `${payload.data_prefix}/`;
  const found: ObjectInfo[] = [];
  const others: string[] = [];
  try {
    for await (const object of store.list(bucket, prefix)) {
      if (isPartitionKey(object.key)) found.push(object);
      else if (!object.key.endsWith('/')) others.push(object.key);
    }
  } catch (error) {
    const fault = placeFault(payload.data_bucket === undefined ? 'bucket' : 'data_bucket', bucket, error);
    if (fault === undefined) throw error;
    return { fault };
  }
  if (found.length === 0) return { fault: describeEmpty(s3Uri(bucket, prefix), others) };
  found.sort((left, right) => compareNaturally(left.key, right.key));
  const chosen = found.slice(0, payload.file_limit);
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
