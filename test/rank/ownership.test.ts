import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FencedOffError } from '../../rank/errors.js';
import { RankOwnership } from '../../rank/ownership.js';
import { attemptsKey, metricsKey } from '../../run/keys.js';
import { attemptsSchema, type RankMetrics, rankMetricsSchema } from '../../run/metrics.js';
import type { Plan } from '../../run/plan.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { samplePlan } from '../job/samplePlan.js';
import { attemptRank, planRun } from './oneRank.js';

let s3: EmbeddedS3;
let metrics: RankMetrics;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
  metrics = await attemptRank(s3, await planRun(s3, []));
});
afterAll(() => s3.close());

const freshPlan = () => samplePlan(s3.bucket, { resultPrefix: `results/${Math.random()}` });

const take = (plan: Plan, generation: number, requestId: string) =>
  RankOwnership.take(s3.store(), plan, 0, { generation, requestId, logStream: 'stream', startedAtMs: 0 });

async function requestIds(plan: Plan): Promise<string[]> {
  const { attempts } = await s3.store().getJson(s3.bucket, attemptsKey(plan.resultPrefix, 0), attemptsSchema);
  return attempts.map(({ requestId }) => requestId);
}

const of = (generation: number): RankMetrics => ({ ...metrics, muster: { ...metrics.muster, generation } });

async function delivered(plan: Plan): Promise<number> {
  const found = await s3.store().getJson(s3.bucket, metricsKey(plan.resultPrefix, 0), rankMetricsSchema);
  return found.muster.generation;
}

describe('RankOwnership', () => {
  it('belongs to the newest generation', async () => {
    const plan = freshPlan();
    const old = await take(plan, 0, 'first');
    const newer = await take(plan, 1, 'second');
    await expect(old.verify()).rejects.toThrow(FencedOffError);
    await newer.verify();
    await expect(take(plan, 0, 'third')).rejects.toThrow(FencedOffError);
    expect(await requestIds(plan)).toEqual(['first', 'second']);
  });

  it('belongs to the later one of two calls with the same generation', async () => {
    const plan = freshPlan();
    const [earlier, later] = [await take(plan, 0, 'earlier'), await take(plan, 0, 'later')];
    await expect(earlier.verify()).rejects.toThrow(FencedOffError);
    await later.verify();
  });

  it('counts an attempt once, although the answer to its first try was lost', async () => {
    const plan = freshPlan();
    await take(plan, 0, 'same');
    await (await take(plan, 0, 'same')).verify();
    expect(await requestIds(plan)).toEqual(['same']);
  });

  it('gives concurrent attempts one owner', async () => {
    const plan = freshPlan();
    const attempts = await Promise.all(['a', 'b', 'c', 'd'].map((requestId) => take(plan, 0, requestId)));
    const verdicts = await Promise.allSettled(attempts.map((attempt) => attempt.verify()));
    expect(verdicts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await requestIds(plan)).toHaveLength(4);
  });

  it('delivers over the metrics of an earlier attempt, never over those of a later one', async () => {
    const plan = freshPlan();
    const old = await take(plan, 0, 'first');
    await old.deliver(of(0));
    const newer = await take(plan, 1, 'second');
    await newer.deliver(of(1));
    expect(await delivered(plan)).toBe(1);
    await expect(old.deliver(of(0))).rejects.toThrow(FencedOffError);
    expect(await delivered(plan)).toBe(1);
  });

  it('leaves the metrics of a later attempt that came between the check and the write', async () => {
    const plan = freshPlan();
    const store = s3.store();
    const attempt = { generation: 0, requestId: 'first', logStream: 'stream', startedAtMs: 0 };
    const old = await RankOwnership.take(store, plan, 0, attempt);
    const write = store.putJson.bind(store);
    store.putJson = async (...args) => {
      store.putJson = write;
      await (await take(plan, 1, 'second')).deliver(of(1));
      await write(...args);
    };
    await expect(old.deliver(of(0))).rejects.toThrow(FencedOffError);
    expect(await delivered(plan)).toBe(1);
  });
});
