import { CloudWatchLogsClient, ResourceNotFoundException, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensorContent, writeSafetensors } from '../../data/index.js';
import { aggregateRun } from '../../job/aggregateRun.js';
import { RunFailedError } from '../../job/errors.js';
import { releaseRank } from '../../job/releaseRank.js';
import { combinedDataKey, metricsKey, reportKey, summaryKey } from '../../run/keys.js';
import type { Plan } from '../../run/plan.js';
import type { RunSummary } from '../../run/summary.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { readSmallSurvey } from '../models/smallSurvey.js';
import { attemptRank, planRun } from '../rank/oneRank.js';

let s3: EmbeddedS3;
const logs = mockClient(CloudWatchLogsClient);

function rejectQueries(): void {
  logs.on(StartQueryCommand).rejects(new ResourceNotFoundException({ message: 'no such group', $metadata: {} }));
}

beforeAll(async () => {
  s3 = await startEmbeddedS3();
  rejectQueries();
  const { image, magnitude, redshift } = await readSmallSurvey({ shared: false });
  const arrays = Object.entries({ image, magnitude, redshift }).map(([name, tensor]) => tensorContent(name, tensor));
  const pieces: Uint8Array[] = [];
  for await (const piece of writeSafetensors(arrays).content) pieces.push(piece.slice());
  for (const name of ['1', '2']) await s3.store().put(s3.bucket, `survey/${name}.safetensors`, Buffer.concat(pieces));
});
afterAll(() => s3.close());

const keys = ['survey/1.safetensors', 'survey/2.safetensors'];

async function aggregate({ runId, bucket, resultPrefix }: Plan): Promise<RunSummary> {
  const { summary } = await aggregateRun(
    { runId, bucket, resultPrefix },
    {
      store: s3.store(),
      logs: new CloudWatchLogsClient({ region: 'us-east-1' }),
      invocation: { functionName: 'aggregate', requestId: 'aggregate', memoryMb: 1024, startedAtMs: Date.now() },
      region: 'us-east-1',
      architecture: 'x86_64',
      ephemeralStorageMb: 512,
      reportTimeoutMs: 0,
      versions: { muster: '0.0.0' },
    },
  );
  return summary;
}

async function readText(key: string): Promise<string> {
  return new TextDecoder().decode(await s3.store().getBytes(s3.bucket, key));
}

describe('aggregateRun', () => {
  it('combines what every rank wrote into the summary, the CosmicAI array and the report', async () => {
    const plan = await planRun(s3, keys, { worldSize: 2, createdAtMs: Date.now() });
    for (const rank of [0, 1]) await attemptRank(s3, plan, { rank });
    const summary = await aggregate(plan);
    expect(summary).toMatchObject({
      status: 'SUCCEEDED',
      samples: 400,
      ranks: { expected: 2, succeeded: 2, failed: [] },
      bill: { reportLines: { found: 0, expected: 4 } },
    });
    expect(summary.quality).toMatchObject({ count: 400 });
    expect(summary.quality?.r2).toBeGreaterThan(0.95);
    expect(summary.quality?.nmad).toBeLessThan(0.02);
    expect(summary.bill.totalUsd).toBeGreaterThan(0);
    expect(JSON.parse(await readText(summaryKey(plan.resultPrefix)))).toEqual(JSON.parse(JSON.stringify(summary)));
    const combined = JSON.parse(await readText(combinedDataKey(plan.resultPrefix)));
    expect(combined.map((metrics: Record<string, unknown>) => metrics.data_path)).toEqual(keys);
    expect(await readText(reportKey(plan.resultPrefix))).toContain(plan.runId);
  });

  it('fails a run with missing ranks by name, after it has written what there is', async () => {
    const plan = await planRun(s3, keys, { worldSize: 3, createdAtMs: Date.now() });
    await attemptRank(s3, plan, { rank: 0 });
    const { runId, bucket, resultPrefix } = plan;
    await releaseRank(
      { runId, bucket, resultPrefix, rank: 1, attempts: 3, error: 'Runtime.ExitError', cause: 'signal: killed' },
      {
        store: s3.store(),
        logger: { warn: () => undefined },
        invocation: { functionName: 'release', requestId: 'release', memoryMb: 512, startedAtMs: Date.now() - 100 },
      },
    );
    const failed = await aggregate(plan).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RunFailedError);
    expect((failed as RunFailedError).failed).toEqual([
      { rank: 1, attempts: 3, cause: expect.stringMatching(/^Runtime\.ExitError: signal: killed .*raise memorySize/) },
      { rank: 2, attempts: 0, cause: 'never began' },
    ]);
    expect((failed as RunFailedError).message).toMatch(
      /2 of 3 ranks did not deliver.*kept[\s\S]*rank 1 \(3 attempts\)/,
    );
    const summary = JSON.parse(await readText(summaryKey(resultPrefix)));
    expect(summary).toMatchObject({ status: 'FAILED', samples: 200, ranks: { succeeded: 1 } });
    expect(summary.files.predictions).toHaveLength(1);
    // Initialize, what recorded the failure, and the aggregate itself.
    const coordinators = summary.bill.lines.find(
      ({ item }: { item: string }) => item === 'lambda-compute-coordinators',
    );
    expect(coordinators.note).toContain('0 of 3 REPORT lines');
    expect(summary.bill.notes.join(' ')).toMatch(
      /S3 requests that \d failed attempts made after signing in are not in/,
    );
  });

  it('tells ranks that meet in S3 that one was given up, and removes what they left', async () => {
    const plan = await planRun(s3, keys, { worldSize: 2, collectives: { channel: 'storage', reason: 'test' } });
    const { runId, bucket, resultPrefix } = plan;
    const released = attemptRank(s3, plan, { rank: 0 });
    await releaseRank(
      { runId, bucket, resultPrefix, rank: 1, attempts: 1, error: 'Runtime.ExitError', cause: 'signal: killed' },
      { store: s3.store(), logger: { warn: () => undefined } },
    );
    expect((await released).muster.collective).toMatchObject({
      status: 'failed',
      cause: expect.stringMatching(/^GroupReleasedError.*signal: killed/),
    });
    await expect(aggregate(plan)).rejects.toThrow(RunFailedError);
    const left: string[] = [];
    for await (const { key } of s3.store().list(bucket, `${resultPrefix}/channel/`)) left.push(key);
    expect(left).toEqual([]);
  });

  it('does not take the results of another run for its own', async () => {
    const other = await planRun(s3, keys, { worldSize: 1 });
    await attemptRank(s3, other);
    const plan = await planRun(s3, keys, { worldSize: 1 });
    const stale = await s3.store().getBytes(s3.bucket, metricsKey(other.resultPrefix, 0));
    await s3.store().put(s3.bucket, metricsKey(plan.resultPrefix, 0), stale);
    await expect(aggregate(plan)).rejects.toThrow(/rank 0 \(0 attempts\): never began/);
  });

  it('takes metrics that another program left under the prefix for none', async () => {
    const plan = await planRun(s3, keys, { worldSize: 1 });
    await s3.store().putJson(s3.bucket, metricsKey(plan.resultPrefix, 0), { 'total_cpu_time (seconds)': 1 });
    await expect(aggregate(plan)).rejects.toThrow(/rank 0 \(0 attempts\): never began/);
  });

  it('says in the bill why it is estimated, and does not fail the run for it', async () => {
    const plan = await planRun(s3, keys, { worldSize: 1, createdAtMs: Date.now() });
    await attemptRank(s3, plan);
    logs.on(StartQueryCommand).rejects(new Error('too many queries at a time'));
    const { status, bill } = await aggregate(plan).finally(rejectQueries);
    expect(status).toBe('SUCCEEDED');
    expect(bill.notes).toContainEqual(expect.stringMatching(/REPORT lines in .* could not be read.*too many queries/));
  });

  it('bills the S3 calls of the plan, of the ranks, of their last write and of itself', async () => {
    const plan = await planRun(s3, keys, { worldSize: 1, createdAtMs: Date.now() });
    const { muster } = await attemptRank(s3, plan);
    const { bill } = await aggregate(plan);
    const puts = bill.lines.find(({ item }) => item === 's3-put-list')?.quantity;
    const planned = plan.initialize.requests;
    expect(puts).toBe(planned.put + planned.list + muster.s3.put + 1 + 4);
    const gets = bill.lines.find(({ item }) => item === 's3-get-head')?.quantity;
    // The rank's last look at its attempts; then the plan, whether there is a meeting place, the metrics, the attempts, and
    // predictions and labels of two partitions.
    expect(gets).toBe(planned.get + planned.head + muster.s3.get + 1 + 8);
  });

  it('writes the same again when it is made again', async () => {
    const plan = await planRun(s3, keys, { worldSize: 1, createdAtMs: Date.now() });
    await attemptRank(s3, plan);
    const first = await aggregate(plan);
    const second = await aggregate(plan);
    expect({ ...second, bill: 0, endedAtMs: 0, wallMs: 0 }).toEqual({ ...first, bill: 0, endedAtMs: 0, wallMs: 0 });
  });

  it('tolerates the share of failed ranks that the payload states', async () => {
    const plan = await planRun(s3, keys, { worldSize: 2 }, { tolerated_failure_percentage: 50 });
    await attemptRank(s3, plan, { rank: 1 });
    expect(await aggregate(plan)).toMatchObject({ status: 'SUCCEEDED', ranks: { succeeded: 1 } });
  });
});
