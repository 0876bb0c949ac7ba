import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { openPartition } from '../../data/index.js';
import { mapBounded } from '../../job/boundedMap.js';
import { planShardKey, predictionsKey, predictionsPrefix, rowsPerPlanShard } from '../../run/keys.js';
import { type Plan, planShardSchema } from '../../run/plan.js';
import { bytesPerElement, elementCount } from '../../run/tensor.js';
import { type ObjectInfo, ObjectStore } from '../../storage/objectStore.js';
import { S3ByteSource } from '../../storage/s3ByteSource.js';
import type { RunAddress } from './runSnapshot.js';

/** Shards of the plan that are read at once. */
const parallelReads = 16;
/** Predictions that one look lists at most: ten calls of S3. A run of more partitions shows whole ranks alone. */
const mostPartitions = 10_000;

/** What the plan must say for partitions to be followed. */
export type FollowedPlan = Pick<Plan, 'partitionCount' | 'worldSize' | 'payload'>;

/** How far a rank that is under way has come. */
export interface RankWork {
  /** Of all its partitions. */
  readonly plannedBytes: number;
  /** Of the partitions whose predictions are written. */
  readonly finishedBytes: number;
  /** Of those; undefined where the predictions do not tell. */
  readonly samples: number | undefined;
  /** Epoch milliseconds; undefined before the first. */
  readonly lastFinishedAtMs: number | undefined;
}

interface PlannedPartition {
  readonly rank: number;
  readonly bytes: number;
}

/** How the rows of an .npy file lie in it; the files of a run differ in their numbers alone. */
interface RowLayout {
  readonly headerBytes: number;
  readonly rowBytes: number;
}

/**
 * Follows the ranks' work by the predictions that they have written, which costs them nothing: a look is one listing. Their
 * samples follow from the sizes of the `.npy` files, once the header of one has been read.
 */
export class PartitionProbe {
  readonly #s3: S3Client;
  readonly #store: ObjectStore;
  #partitions: Map<string, PlannedPartition> | undefined;
  readonly #plannedBytes = new Map<number, number>();
  #layout: RowLayout | undefined;

  constructor(s3: S3Client) {
    this.#s3 = s3;
    this.#store = new ObjectStore(s3);
  }

  /**
   * The work of the given ranks, which began at the given times: what was written before is of an attempt that was lost.
   * Empty when the run writes no predictions or too many to list.
   */
  async look(
    address: RunAddress,
    plan: FollowedPlan,
    startedAtMs: ReadonlyMap<number, number>,
    signal?: AbortSignal,
  ): Promise<Map<number, RankWork>> {
    const { predictions } = plan.payload;
    if (predictions === 'none' || plan.partitionCount > mostPartitions || startedAtMs.size === 0) return new Map();
    this.#partitions ??= await this.#readRows(address, plan.worldSize, predictions, signal);
    const works = new Map<number, RankWork>();
    for (const rank of startedAtMs.keys()) {
      const plannedBytes = this.#plannedBytes.get(rank) ?? 0;
      works.set(rank, { plannedBytes, finishedBytes: 0, samples: 0, lastFinishedAtMs: undefined });
    }
    for await (const { object, modifiedAtMs } of this.#listPredictions(address, signal)) {
      const partition = this.#partitions.get(object.key);
      const work = partition && works.get(partition.rank);
      if (!work || modifiedAtMs < (startedAtMs.get(partition.rank) ?? 0)) continue;
      const samples = predictions === 'npy' ? await this.#samplesOf(address, object, signal) : undefined;
      works.set(partition.rank, {
        plannedBytes: work.plannedBytes,
        finishedBytes: work.finishedBytes + partition.bytes,
        samples: samples === undefined || work.samples === undefined ? undefined : work.samples + samples,
        lastFinishedAtMs: Math.max(work.lastFinishedAtMs ?? 0, modifiedAtMs),
      });
    }
    return works;
  }

  async #readRows(
    { bucket, resultPrefix }: RunAddress,
    worldSize: number,
    format: 'npy' | 'jsonl',
    signal: AbortSignal | undefined,
  ): Promise<Map<string, PlannedPartition>> {
    const firstRanks = Array.from({ length: Math.ceil(worldSize / rowsPerPlanShard) }, (_, i) => i * rowsPerPlanShard);
    const partitions = new Map<string, PlannedPartition>();
    await mapBounded(firstRanks, parallelReads, async (firstRank) => {
      const key = planShardKey(resultPrefix, firstRank);
      const { rows } = await this.#store.getJson(bucket, key, planShardSchema, signal);
      for (const row of rows) {
        this.#plannedBytes.set(
          row.rank,
          row.partitions.reduce((sum, { size }) => sum + size, 0),
        );
        for (const { name, size } of row.partitions) {
          partitions.set(predictionsKey(resultPrefix, name, format), { rank: row.rank, bytes: size });
        }
      }
    });
    return partitions;
  }

  async *#listPredictions(
    { bucket, resultPrefix }: RunAddress,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ object: ObjectInfo; modifiedAtMs: number }> {
    const Prefix = predictionsPrefix(resultPrefix);
    for await (const { Contents } of paginateListObjectsV2({ client: this.#s3 }, { Bucket: bucket, Prefix })) {
      signal?.throwIfAborted();
      for (const { Key, Size, ETag, LastModified } of Contents ?? []) {
        if (Key === undefined || LastModified === undefined) continue;
        yield { object: { key: Key, size: Size ?? 0, etag: ETag ?? '' }, modifiedAtMs: LastModified.getTime() };
      }
    }
  }

  async #samplesOf({ bucket }: RunAddress, object: ObjectInfo, signal: AbortSignal | undefined): Promise<number> {
    this.#layout ??= await this.#readLayout(bucket, object, signal);
    const { headerBytes, rowBytes } = this.#layout;
    return rowBytes > 0 ? Math.max(0, Math.round((object.size - headerBytes) / rowBytes)) : 0;
  }

  async #readLayout(bucket: string, object: ObjectInfo, signal: AbortSignal | undefined): Promise<RowLayout> {
    const { arrays } = await openPartition(new S3ByteSource(this.#store, bucket, object), { signal });
    const [{ dtype, shape }] = arrays;
    const rowBytes = bytesPerElement[dtype] * elementCount(shape.slice(1));
    return { headerBytes: object.size - shape[0] * rowBytes, rowBytes };
  }
}
