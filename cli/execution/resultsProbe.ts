import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { StartedRank } from '../../cost/runningCost.js';
import { mapBounded } from '../../job/boundedMap.js';
import { metricsKey, planKey } from '../../run/keys.js';
import { rankRecordSchema } from '../../run/metrics.js';
import { planSchema } from '../../run/plan.js';
import { ObjectStore } from '../../storage/objectStore.js';

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

const plannedSchema = planSchema.pick({
  totalBytes: true,
  executorFunction: true,
  executorQualifier: true,
  maxConcurrency: true,
});

/** What the plan says about the work ahead. */
export type PlannedWork = z.infer<typeof plannedSchema>;

/** What lies under the result prefix so far. */
export interface ResultsSoFar {
  readonly plan: PlannedWork | undefined;
  readonly delivered: readonly DeliveredRank[];
  /** Every rank that has begun, those that delivered included. */
  readonly started: readonly StartedRank[];
}

/** Reads what a run has written while it runs: each object once, and only when the counts say that there is more. */
export class ResultsProbe {
  readonly #s3: S3Client;
  readonly #store: ObjectStore;
  readonly #delivered = new Map<number, DeliveredRank>();
  readonly #startedAtMs = new Map<number, number>();
  #plan: PlannedWork | undefined;

  constructor(s3: S3Client) {
    this.#s3 = s3;
    this.#store = new ObjectStore(s3);
  }

  async look({ address, ranks }: Pick<RunSnapshot, 'address' | 'ranks'>, signal?: AbortSignal): Promise<ResultsSoFar> {
    if (address && ranks) {
      this.#plan ??= await this.#store.getJson(address.bucket, planKey(address.resultPrefix), plannedSchema, signal);
      if (ranks.done > this.#delivered.size) await this.#readNewMetrics(address, signal);
      if (ranks.done + ranks.running > this.#startedAtMs.size) await this.#readNewStarts(address, signal);
    }
    return { plan: this.#plan, delivered: [...this.#delivered.values()], started: this.#started() };
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

  #started(): StartedRank[] {
    const running = [...this.#startedAtMs].filter(([rank]) => !this.#delivered.has(rank));
    return [...this.#delivered.values(), ...running.map(([, startedAtMs]) => ({ startedAtMs }))];
  }
}
