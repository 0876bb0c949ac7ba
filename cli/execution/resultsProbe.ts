import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { mapBounded } from '../../job/boundedMap.js';
import { metricsKey, planKey } from '../../run/keys.js';
import { rankRecordSchema } from '../../run/metrics.js';
import { planSchema } from '../../run/plan.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { PartitionProbe, type RankWork } from './partitionProbe.js';
import type { RunAddress, RunSnapshot } from './runSnapshot.js';

/** GETs under way at once while new metrics are read. */
const parallelReads = 16;

/** Most metrics that one look reads, so that a wide run does not hold up its display. */
const readsPerLook = 500;

const deliveredSchema = z.object({
  muster: rankRecordSchema.pick({ startedAtMs: true, endedAtMs: true, samples: true, bytes: true }),
});

/** What a rank that is through has done. */
export type DeliveredRank = z.infer<typeof deliveredSchema>['muster'];

/** A rank that has begun and is not through. */
export interface RankUnderWay {
  readonly startedAtMs: number;
  /** Undefined where the run's predictions do not tell. */
  readonly work: RankWork | undefined;
}

const plannedSchema = planSchema.pick({
  totalBytes: true,
  executorFunction: true,
  executorQualifier: true,
  maxConcurrency: true,
  partitionCount: true,
  worldSize: true,
  payload: true,
});

/** What the plan says about the work ahead. */
export type PlannedWork = z.infer<typeof plannedSchema>;

/** What lies under the result prefix so far. */
export interface ResultsSoFar {
  readonly plan: PlannedWork | undefined;
  readonly delivered: readonly DeliveredRank[];
  readonly underWay: readonly RankUnderWay[];
}

/** Reads what a run has written while it runs: each object once, and metrics only when the counts say that there are more. */
export class ResultsProbe {
  readonly #s3: S3Client;
  readonly #store: ObjectStore;
  readonly #partitions: PartitionProbe;
  readonly #delivered = new Map<number, DeliveredRank>();
  readonly #startedAtMs = new Map<number, number>();
  #plan: PlannedWork | undefined;

  constructor(s3: S3Client) {
    this.#s3 = s3;
    this.#store = new ObjectStore(s3);
    this.#partitions = new PartitionProbe(s3);
  }

  async look({ address, ranks }: Pick<RunSnapshot, 'address' | 'ranks'>, signal?: AbortSignal): Promise<ResultsSoFar> {
    if (!address || !ranks) return { plan: undefined, delivered: [], underWay: [] };
    this.#plan ??= await this.#store.getJson(address.bucket, planKey(address.resultPrefix), plannedSchema, signal);
    if (ranks.done > this.#delivered.size) await this.#readNewMetrics(address, signal);
    if (ranks.done + ranks.running > this.#startedAtMs.size) await this.#readNewStarts(address, signal);
    const running = new Map([...this.#startedAtMs].filter(([rank]) => !this.#delivered.has(rank)));
    const works = await this.#partitions.look(address, this.#plan, running, signal);
    return {
      plan: this.#plan,
      delivered: [...this.#delivered.values()],
      underWay: [...running].map(([rank, startedAtMs]) => ({ startedAtMs, work: works.get(rank) })),
    };
  }

  async #readNewMetrics({ bucket, resultPrefix }: RunAddress, signal: AbortSignal | undefined): Promise<void> {
    const fresh: number[] = [];
    for await (const { rank } of this.#ranksUnder(bucket, `${resultPrefix}/`, signal)) {
      if (!this.#delivered.has(rank) && fresh.length < readsPerLook) fresh.push(rank);
    }
    await mapBounded(fresh, parallelReads, async (rank) => {
      const key = metricsKey(resultPrefix, rank);
      const { muster } = await this.#store.getJson(bucket, key, deliveredSchema, signal);
      this.#delivered.set(rank, muster);
    });
  }

  async #readNewStarts({ bucket, resultPrefix }: RunAddress, signal: AbortSignal | undefined): Promise<void> {
    for await (const { rank, modifiedAtMs } of this.#ranksUnder(bucket, `${resultPrefix}/attempts/`, signal)) {
      this.#startedAtMs.set(rank, modifiedAtMs);
    }
  }

  async *#ranksUnder(
    bucket: string,
    prefix: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ rank: number; modifiedAtMs: number }> {
    const pages = paginateListObjectsV2({ client: this.#s3 }, { Bucket: bucket, Prefix: prefix, Delimiter: '/' });
    for await (const { Contents } of pages) {
      signal?.throwIfAborted();
      for (const { Key, LastModified } of Contents ?? []) {
        const match = /^(\d+)\.json$/.exec(Key?.slice(prefix.length) ?? '');
        if (match) yield { rank: Number(match[1]), modifiedAtMs: LastModified?.getTime() ?? Date.now() };
      }
    }
  }
}
