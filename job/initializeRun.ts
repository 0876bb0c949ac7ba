import type { LambdaClient } from '@aws-sdk/client-lambda';
import { defaultPriceTable, pricesOf } from '../cost/prices.js';
import { dealPartitions } from '../run/dealing.js';
import { planShardKey, rowsPerPlanShard } from '../run/keys.js';
import { parsePayload } from '../run/parsePayload.js';
import type { Payload } from '../run/payload.js';
import type { CoordinatorRecord, Plan, PlannedPartition, PlanRow } from '../run/plan.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { chooseChannel } from './channelChoice.js';
import { claimResultPrefix, type PlanToClaim } from './claim.js';
import { executorConcurrency } from './concurrency.js';
import { PreflightError } from './errors.js';
import { findExecutorVersion } from './executorVersion.js';
import { listPartitions } from './partitionListing.js';
import { findProgram } from './programLookup.js';
import { rendezvousFault } from './rendezvousHealth.js';

/** Most children that a Distributed Map runs at once. */
const mapConcurrencyLimit = 10_000;

export interface InitializeRequest {
  /** The name of the execution. */
  readonly runId: string;
  /** The payload as the person wrote it. */
  readonly payload: unknown;
  /** When the execution began, epoch milliseconds. */
  readonly startedAtMs: number;
}

export interface InitializeSurroundings {
  /** The invocation that this is, for the bill. */
  readonly invocation: Omit<CoordinatorRecord, 'endedAtMs'>;
  readonly store: ObjectStore;
  readonly lambda: LambdaClient;
  readonly executorFunction: string;
  /** Of a server that runs anyway. */
  readonly rendezvousUrl: string | undefined;
  /** Whether there is a host that can be started, where none runs. */
  readonly hasRendezvousHost: boolean;
  /** Memory that the executor was deployed with. */
  readonly executorMemoryMb: number;
  /** AWS region, for prices. */
  readonly region: string;
}

/**
 * Until a stopped host answers, assumed: EC2 starts an instance and Amazon Linux 2023 boots in about half a minute, then the
 * server is fetched and started.
 */
const assumedHostStartS = 45;

/** What the state machine carries on with. */
export interface InitializedRun {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
  readonly worldSize: number;
  readonly maxConcurrency: number;
  readonly retries: number;
  /** Whether the ranks need a rendezvous, which must be there before they start. */
  readonly needsRendezvous: boolean;
  /** Version of the executor that the ranks run on. */
  readonly executorQualifier: string;
}

/**
 * Validates the payload, checks everything that ranks will need, deals the partitions and writes the plan.
 *
 * @throws PayloadError, PreflightError: each lists every fault at once, before anything has started.
 */
export async function initializeRun(
  request: InitializeRequest,
  surroundings: InitializeSurroundings,
): Promise<InitializedRun> {
  const payload = parsePayload(request.payload);
  const { plan, partitions } = await makePlan(request, payload, surroundings);
  const claimed = await claimResultPrefix(surroundings.store, plan);
  await writeRows(surroundings.store, claimed, partitions);
  return {
    runId: claimed.runId,
    bucket: claimed.bucket,
    resultPrefix: claimed.resultPrefix,
    worldSize: claimed.worldSize,
    maxConcurrency: claimed.maxConcurrency,
    retries: payload.retries,
    needsRendezvous: claimed.worldSize > 1 && ['relay', 'direct'].includes(claimed.collectives.channel),
    executorQualifier: claimed.executorQualifier,
  };
}

async function makePlan(
  { runId, startedAtMs }: InitializeRequest,
  payload: Payload,
  {
    invocation,
    store,
    lambda,
    executorFunction,
    rendezvousUrl,
    hasRendezvousHost,
    executorMemoryMb,
    region,
  }: InitializeSurroundings,
): Promise<{ plan: PlanToClaim; partitions: PlannedPartition[] }> {
  const dataBucket = payload.data_bucket ?? payload.bucket;
  const mayMeet = payload.collectives !== 'none' && payload.collectives !== 'storage';
  const hostToStart = !rendezvousUrl && hasRendezvousHost;
  const [listing, program, asked, executor, rendezvous] = await Promise.all([
    listPartitions(store, payload),
    findProgram(store, payload),
    executorConcurrency(lambda, executorFunction),
    findExecutorVersion(lambda, {
      functionName: executorFunction,
      deployedMemoryMb: executorMemoryMb,
      memoryMb: payload.memory_mb,
    }),
    mayMeet && !hostToStart ? rendezvousFault(rendezvousUrl) : undefined,
  ]);
  const partitions = 'partitions' in listing ? listing.partitions : [];
  const worldSize = payload.world_size ?? payload.file_limit ?? Math.max(1, partitions.length);
  const wanted = Math.min(payload.max_concurrency ?? worldSize, mapConcurrencyLimit);
  // Where the limit is not known the run is refused for that, and not for a limit besides.
  const concurrency = 'fault' in asked ? { free: Number.POSITIVE_INFINITY, limit: 'unknown' } : asked;
  const collectives = chooseChannel(payload, {
    worldSize,
    alone: worldSize === 1 && (payload.world_size === 1 || partitions.length > 0),
    maxConcurrency: wanted,
    concurrency,
    rendezvousFault: rendezvous,
    rendezvousStartS: hostToStart ? assumedHostStartS : 0,
    executorMemoryMb: payload.memory_mb ?? executorMemoryMb,
    prices: pricesOf(defaultPriceTable, region).prices,
  });

  const faults = [
    ...('fault' in listing && listing.fault ? [listing.fault] : []),
    ...('faults' in program ? program.faults : []),
    ...('faults' in collectives ? collectives.faults : []),
    ...('fault' in executor ? [executor.fault] : []),
    ...(worldSize > mapConcurrencyLimit
      ? [`world_size: ${worldSize} ranks are more than the ${mapConcurrencyLimit} children of a Distributed Map`]
      : []),
    ...('fault' in asked ? [asked.fault] : []),
    ...(concurrency.free < 1 ? [`no executor can run: ${concurrency.limit} is 0; raise it`] : []),
    ...(isInside(payload.result_path, payload.data_prefix) && dataBucket === payload.bucket
      ? [`result_path: results under data_prefix would be taken for partitions; choose a prefix outside of it`]
      : []),
  ];
  if (faults.length > 0 || 'faults' in program || 'faults' in collectives || 'fault' in executor) {
    throw new PreflightError(runId, [...new Set(faults)]);
  }

  const plan: PlanToClaim = {
    version: 1,
    runId,
    createdAtMs: startedAtMs,
    deadlineAtMs: payload.deadline_s === undefined ? null : startedAtMs + payload.deadline_s * 1000,
    bucket: payload.bucket,
    dataBucket,
    executorFunction,
    executorQualifier: executor.qualifier,
    executorMemoryMb: executor.memoryMb,
    initialize: { ...invocation, endedAtMs: Date.now() },
    worldSize,
    partitionCount: partitions.length,
    totalBytes: partitions.reduce((sum, { size }) => sum + size, 0),
    model: program.model,
    script: program.script,
    collectives,
    // More children than executors may run would only be throttled.
    maxConcurrency: Math.min(wanted, concurrency.free),
    payload,
  };
  return { plan, partitions };
}

const isInside = (prefix: string, of: string): boolean => `${prefix}/`.startsWith(`${of}/`);

async function writeRows(store: ObjectStore, plan: Plan, partitions: readonly PlannedPartition[]): Promise<void> {
  const rows: PlanRow[] = dealPartitions(partitions.length, plan.worldSize).map(({ start, count }, rank) => ({
    rank,
    partitions: partitions.slice(start, start + count),
  }));
  const writes: Promise<void>[] = [];
  for (let start = 0; start < rows.length; start += rowsPerPlanShard) {
    const shard = { runId: plan.runId, rows: rows.slice(start, start + rowsPerPlanShard) };
    writes.push(store.putJson(plan.bucket, planShardKey(plan.resultPrefix, start), shard));
  }
  await Promise.all(writes);
}
