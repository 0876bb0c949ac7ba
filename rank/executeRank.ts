import { messageOf } from '../run/errors.js';
import { planKey, planShardKey } from '../run/keys.js';
import type { CollectiveRecord } from '../run/metrics.js';
import { type Plan, type PlanRow, planSchema, planShardSchema } from '../run/plan.js';
import { CallLog } from '../storage/callLog.js';
import { InvalidObjectError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { attemptDeadline, collectiveTimeoutMs } from './attemptDeadline.js';
import type { RankLogger, Script } from './context.js';
import { BarrierMissedError } from './errors.js';
import { GroupLink } from './groupLink.js';
import runInference from './inference.js';
import type { Invocation } from './invocation.js';
import type { ModelCache } from './modelCache.js';
import { RankOwnership } from './ownership.js';
import type { PartitionMemory } from './partitionMemory.js';
import { peakRssMb } from './peakMemory.js';
import { rankMetrics } from './rankMetrics.js';
import { RankSession } from './rankSession.js';
import { loadScript } from './scriptLoader.js';
import { StageRecorder } from './stageRecorder.js';
import { StopWatch } from './stopWatch.js';
import { untilAborted } from './untilAborted.js';
import { reduceStatistics } from './worldStatistics.js';

/** What the state machine hands to an executor. */
export interface RankRequest {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
  readonly rank: number;
  /** 0 for the first attempt; each retry adds one. */
  readonly generation: number;
}

export interface RankSurroundings {
  readonly store: ObjectStore;
  /** The same S3, over connections that are free whatever the rank reads and writes. */
  readonly presenceStore: ObjectStore;
  readonly models: ModelCache;
  readonly memory: PartitionMemory;
  readonly logger: RankLogger;
}

/**
 * One attempt at one rank, from its row of the plan to its metrics: take the rank, join the group, run the script, reduce
 * the statistics, write `<rank>.json`. Collectives that fail are recorded and cost nothing that was computed.
 *
 * @throws whatever the script throws; FencedOffError when a newer attempt took over; RankDeadlineError; RunStoppedError.
 */
export async function executeRank(
  request: RankRequest,
  invocation: Invocation,
  { store, presenceStore, models, memory, logger }: RankSurroundings,
): Promise<{ rank: number; samples: number }> {
  const cpuAtStart = process.cpuUsage();
  const recorder = new StageRecorder();
  if (invocation.coldStart) recorder.add('init', invocation.processStartedAtMs, invocation.startedAtMs);
  const stopWatch = new StopWatch(store, request, logger);
  const [{ plan, row }, stoppedBefore] = await Promise.all([readPlan(store, request), stopWatch.look()]);
  if (stoppedBefore) throw stoppedBefore;
  const { rank, generation } = request;
  const { requestId, logStream, startedAtMs } = invocation;
  const ownership = await RankOwnership.take(store, plan, rank, { generation, requestId, logStream, startedAtMs });
  const deadline = attemptDeadline(plan, rank, invocation.endsAtMs);
  const channelCalls = new CallLog();
  const group = new GroupLink(
    plan,
    { rank, generation, deadline: deadline.deadline, signal: deadline.signal },
    { store: store.countedIn(channelCalls), presenceStore: presenceStore.countedIn(channelCalls) },
  );
  const session = new RankSession({
    plan,
    row,
    generation,
    store,
    models,
    memory,
    recorder,
    ownership,
    stopWatch,
    group,
    deadline,
    logger,
  });
  stopWatch.begin((error) => deadline.abort(error));
  const cpuTimeS = () => {
    const { user, system } = process.cpuUsage(cpuAtStart);
    return (user + system) / 1e6;
  };
  try {
    const barrier = await untilAborted(session.signal, () => work(session, plan, store));
    const workCpuTimeS = cpuTimeS();
    const collective = await reduceWorld(session, plan, barrier, workCpuTimeS);
    const metrics = rankMetrics({
      plan,
      row,
      generation,
      invocation,
      recorder,
      calls: store.calls,
      channelCalls,
      partitions: session.records,
      batches: session.batches,
      outputs: session.outputs,
      collective,
      cpuTimeS: workCpuTimeS,
      peakRssMb: await peakRssMb(),
      endedAtMs: Date.now(),
    });
    await ownership.deliver(metrics);
    return { rank, samples: metrics.muster.samples };
  } catch (error) {
    // A stop also frees the group, which scripts hear of first, as an error of a collective.
    throw (deadline.signal.aborted ? undefined : await stopWatch.look()) ?? error;
  } finally {
    deadline.clear();
    stopWatch.end();
    await group.close().catch((error: unknown) => logger.warn('The group could not be left.', { error }));
  }
}

type BarrierRecord = Pick<CollectiveRecord, 'barrierWaitMs' | 'cause'>;

/** Everything that the deadline may cut short. */
async function work(session: RankSession, plan: Plan, store: ObjectStore): Promise<BarrierRecord> {
  const script = await scriptOf(store, plan, session.logger);
  const barrier = await passBarrier(session, plan);
  session.signal.throwIfAborted();
  await script(session);
  return barrier;
}

async function readPlan(store: ObjectStore, request: RankRequest): Promise<{ plan: Plan; row: PlanRow }> {
  const { bucket, resultPrefix, rank, runId } = request;
  const shardKey = planShardKey(resultPrefix, rank);
  const [plan, shard] = await Promise.all([
    store.getJson(bucket, planKey(resultPrefix), planSchema),
    store.getJson(bucket, shardKey, planShardSchema),
  ]);
  const row = shard.rows.find((candidate) => candidate.rank === rank);
  if (plan.runId !== runId) throw new InvalidObjectError(bucket, planKey(resultPrefix), `it is of run ${plan.runId}`);
  if (shard.runId !== runId) throw new InvalidObjectError(bucket, shardKey, `it is of run ${shard.runId}`);
  if (!row) throw new InvalidObjectError(bucket, shardKey, `it has no row for rank ${rank}`);
  return { plan, row };
}

async function scriptOf(store: ObjectStore, plan: Plan, logger: RankLogger): Promise<Script> {
  if (plan.script.kind === 'module') return loadScript(store, plan.bucket, plan.script);
  if (plan.script.insteadOf !== undefined) {
    logger.info(
      `The payload names the Python script ${plan.script.insteadOf}; the built-in inference runs instead, with the model ${plan.model?.key}.`,
    );
  }
  return runInference;
}

/**
 * Waits for all ranks, the model loaded, when the payload asks for it: for half of the time there is, so that the others
 * still do their work when one never comes.
 */
async function passBarrier(session: RankSession, plan: Plan): Promise<BarrierRecord> {
  if (!plan.payload.barrier || plan.collectives.channel === 'none') return {};
  if (plan.model !== null) await session.openModel();
  const startMs = performance.now();
  const timeoutMs = collectiveTimeoutMs(session.deadline) / 2;
  const missed = new AbortController();
  const timer = setTimeout(() => missed.abort(new BarrierMissedError(session.rank, timeoutMs)), timeoutMs);
  const cause = await attemptCollective(session, async () => {
    const signal = AbortSignal.any([session.signal, missed.signal]);
    const communicator = await untilAborted(signal, () => session.communicator);
    await untilAborted(signal, () => communicator.barrier({ timeoutMs, signal }));
  });
  clearTimeout(timer);
  return { barrierWaitMs: performance.now() - startMs, cause };
}

async function reduceWorld(
  session: RankSession,
  plan: Plan,
  barrier: BarrierRecord,
  cpuTimeS: number,
): Promise<CollectiveRecord> {
  const { channel } = plan.collectives;
  if (channel === 'none') return { channel, status: 'none' };
  let world: CollectiveRecord['world'];
  const cause =
    barrier.cause ??
    (await attemptCollective(session, async () => {
      const communicator = await session.communicator;
      world = await reduceStatistics(communicator, session.statistics(cpuTimeS), {
        timeoutMs: collectiveTimeoutMs(session.deadline),
        signal: session.signal,
      });
    }));
  return {
    channel,
    status: cause === undefined ? 'done' : 'failed',
    cause,
    world,
    barrierWaitMs: barrier.barrierWaitMs,
  };
}

/** @returns why it failed; what was computed so far does not depend on it. */
async function attemptCollective(session: RankSession, collective: () => Promise<void>): Promise<string | undefined> {
  try {
    await session.measure('collectives', collective);
    return undefined;
  } catch (error) {
    session.logger.warn('A collective failed; the results are complete all the same.', { error });
    const name = error instanceof Error ? error.name : 'Error';
    return `${name}: ${messageOf(error)}`;
  }
}
