import { readFile } from 'node:fs/promises';
import type { RankLogger } from '../../rank/context.js';
import { executeRank, type RankRequest } from '../../rank/executeRank.js';
import { ModelCache } from '../../rank/modelCache.js';
import { PartitionMemory } from '../../rank/partitionMemory.js';
import { dealPartitions } from '../../run/dealing.js';
import { metricsKey, planKey, planShardKey, rendezvousKey } from '../../run/keys.js';
import { type RankMetrics, rankMetricsSchema } from '../../run/metrics.js';
import type { PayloadInput } from '../../run/payload.js';
import type { Plan } from '../../run/plan.js';
import type { EmbeddedS3 } from '../embeddedS3.js';
import { sampleMeeting, samplePlan } from '../job/samplePlan.js';
import { redshiftModelPath } from '../models/smallSurvey.js';

export const modelKey = 'models/redshift/redshift.onnx';

/** Uploads the redshift model and writes the plan of a run over objects that are there already. */
export async function planRun(
  s3: EmbeddedS3,
  keys: readonly string[],
  overrides: Partial<Plan> = {},
  payload: Partial<PayloadInput> = {},
): Promise<Plan> {
  const store = s3.store();
  await store.put(s3.bucket, modelKey, await readFile(redshiftModelPath));
  const model = (await store.head(s3.bucket, modelKey)) ?? null;
  const runId = `run-${Math.random().toString(36).slice(2)}`;
  const plan = samplePlan(
    s3.bucket,
    { runId, resultPrefix: `results/${runId}`, worldSize: 1, model, ...overrides },
    payload,
  );
  const partitions = await Promise.all(
    keys.map(async (key) => {
      const object = await store.head(s3.bucket, key);
      if (!object) throw new Error(`${key} is not there`);
      return { name: key.replace(/^.*\/|\.\w+$/g, ''), ...object };
    }),
  );
  const rows = dealPartitions(partitions.length, plan.worldSize).map(({ start, count }, rank) => ({
    rank,
    partitions: partitions.slice(start, start + count),
  }));
  await store.putJson(s3.bucket, planKey(plan.resultPrefix), plan);
  await store.putJson(s3.bucket, planShardKey(plan.resultPrefix, 0), { runId: plan.runId, rows });
  return plan;
}

/** Log lines of an attempt. */
export interface CapturedLog extends RankLogger {
  readonly lines: string[];
}

export function captureLog(): CapturedLog {
  const lines: string[] = [];
  const add = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, info: add('info'), warn: add('warn'), error: add('error') };
}

/** Runs one attempt in this process, as an executor would. */
export async function attemptRank(
  s3: EmbeddedS3,
  plan: Plan,
  request: Partial<RankRequest> = {},
  surroundings: {
    rendezvous?: { url: string; secret: string };
    timeoutMs?: number;
    models?: ModelCache;
    logger?: RankLogger;
  } = {},
): Promise<RankMetrics> {
  const { runId, bucket, resultPrefix } = plan;
  const { rank = 0, generation = 0 } = request;
  const { models = new ModelCache(1), logger = captureLog(), rendezvous, timeoutMs = 60_000 } = surroundings;
  if (rendezvous) await s3.store().putJson(bucket, rendezvousKey(resultPrefix), sampleMeeting(runId, rendezvous));
  const startedAtMs = Date.now();
  try {
    await executeRank(
      { runId, bucket, resultPrefix, rank, generation },
      {
        requestId: `request-${rank}-${generation}`,
        logGroup: '/aws/lambda/executor',
        logStream: 'stream',
        coldStart: false,
        startedAtMs,
        processStartedAtMs: startedAtMs,
        endsAtMs: startedAtMs + timeoutMs,
        memoryMb: 1769,
        architecture: 'x86_64',
      },
      { store: s3.store(), presenceStore: s3.store(), models, memory: new PartitionMemory(), logger },
    );
    return await s3.store().getJson(bucket, metricsKey(resultPrefix, rank), rankMetricsSchema);
  } finally {
    if (!surroundings.models) await models.drop();
  }
}
