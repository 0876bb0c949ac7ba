import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSummary } from '../../../cli/execution/loadSummary.js';
import { ResultsProbe } from '../../../cli/execution/resultsProbe.js';
import { attemptsKey, metricsKey, planKey, summaryKey } from '../../../run/keys.js';
import { InvalidObjectError } from '../../../storage/errors.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';
import { samplePlan } from '../../job/samplePlan.js';
import { exampleSummary } from './examples.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const resultPrefix = 'results/x';
const look = (running: number, done: number) => ({
  address: { bucket: s3.bucket, resultPrefix, worldSize: 4 },
  ranks: { expected: 4, waiting: 4 - running - done, running, done, failed: 0 },
});

async function begin(rank: number): Promise<void> {
  await s3.store().putJson(s3.bucket, attemptsKey(resultPrefix, rank), { runId: 'nightly-7', rank, attempts: [] });
}

async function deliver(rank: number): Promise<void> {
  const muster = { startedAtMs: 1_000, endedAtMs: 3_000, samples: 250, bytes: 5_000, and: 'more' };
  await s3.store().putJson(s3.bucket, metricsKey(resultPrefix, rank), { muster });
}

describe('results of a running run', () => {
  it('are read as they come, each once', async () => {
    await s3
      .store()
      .putJson(s3.bucket, planKey(resultPrefix), samplePlan(s3.bucket, { maxConcurrency: 3 }, { predictions: 'none' }));
    const probe = new ResultsProbe(s3.client);
    expect(await probe.look({ address: undefined, ranks: undefined })).toEqual({
      plan: undefined,
      delivered: [],
      underWay: [],
    });

    await begin(0);
    await begin(1);
    const early = await probe.look(look(2, 0));
    expect(early.plan).toMatchObject({ maxConcurrency: 3, executorFunction: 'muster-dev-executor' });
    expect(early.delivered).toEqual([]);
    expect(early.underWay).toHaveLength(2);
    expect(Math.abs(early.underWay[0].startedAtMs - Date.now())).toBeLessThan(60_000);

    await deliver(1);
    const later = await probe.look(look(1, 1));
    expect(later.delivered).toEqual([{ startedAtMs: 1_000, endedAtMs: 3_000, samples: 250, bytes: 5_000 }]);
    expect(later.underWay).toHaveLength(1);

    // Nothing new by the counts, so nothing is asked for: what came meanwhile is not seen.
    await deliver(0);
    expect((await probe.look(look(1, 1))).delivered).toHaveLength(1);
    expect((await probe.look(look(0, 2))).delivered).toHaveLength(2);
  });

  it('do not mistake the other files of a run for ranks', async () => {
    const store = s3.store();
    const prefix = 'results/y';
    await store.putJson(s3.bucket, planKey(prefix), samplePlan(s3.bucket));
    for (const name of ['summary.json', 'combined_data.json', 'plan/0.json', 'failures/1.json', '1.txt']) {
      await store.put(s3.bucket, `${prefix}/${name}`, '{}');
    }
    const address = { bucket: s3.bucket, resultPrefix: prefix, worldSize: 4 };
    const results = await new ResultsProbe(s3.client).look({ ...look(0, 1), address });
    expect(results.delivered).toEqual([]);
  });
});

describe('summary of a run', () => {
  const address = () => ({ bucket: s3.bucket, resultPrefix: 'results/z', worldSize: 4 });

  it('is there when the aggregator wrote it', async () => {
    expect(await loadSummary(s3.store(), { address: undefined, runId: 'nightly-7' })).toBeUndefined();
    expect(await loadSummary(s3.store(), { address: address(), runId: 'nightly-7' })).toBeUndefined();
    await s3.store().putJson(s3.bucket, summaryKey('results/z'), exampleSummary(4));
    expect(await loadSummary(s3.store(), { address: address(), runId: 'nightly-7' })).toEqual(exampleSummary(4));
  });

  it('of another run is none', async () => {
    await s3.store().putJson(s3.bucket, summaryKey('results/z'), exampleSummary(4));
    expect(await loadSummary(s3.store(), { address: address(), runId: 'nightly-8' })).toBeUndefined();
  });

  it('that is none is an error, with its place', async () => {
    await s3.store().putJson(s3.bucket, summaryKey('results/z'), { version: 2 });
    const loading = loadSummary(s3.store(), { address: address(), runId: 'nightly-7' });
    await expect(loading).rejects.toThrow(InvalidObjectError);
    await expect(loading).rejects.toThrow('results/z/summary.json');
  });
});
