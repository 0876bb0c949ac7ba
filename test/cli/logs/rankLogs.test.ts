import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RankLogs } from '../../../cli/logs/rankLogs.js';
import { attemptsKey } from '../../../run/keys.js';
import type { Attempt } from '../../../run/metrics.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const logs = mockClient(CloudWatchLogsClient);
const attempt = (generation: number): Attempt => ({
  generation,
  requestId: `request-${generation}`,
  logStream: `stream-${generation}`,
  startedAtMs: 1_000_000,
});

async function record(rank: number, attempts: Attempt[]): Promise<void> {
  await s3.store().putJson(s3.bucket, attemptsKey('results/x', rank), { runId: 'nightly-7', rank, attempts });
}

function logOf(rank: number): RankLogs {
  const address = { bucket: s3.bucket, resultPrefix: 'results/x', worldSize: 4 };
  return new RankLogs({ store: s3.store(), logs: new CloudWatchLogsClient({}) }, address, '/aws/lambda/executor', rank);
}

describe('logs of a rank', () => {
  beforeEach(() => {
    logs.reset();
    logs.on(GetLogEventsCommand).callsFake(({ logStreamName, nextToken }: Record<string, string>) => {
      const requestId = logStreamName.replace('stream', 'request');
      const messages = [`START RequestId: ${requestId}`, 'work', `REPORT RequestId: ${requestId}`];
      const events = nextToken === undefined ? messages.map((message) => ({ message, timestamp: 7 })) : [];
      return { events, nextForwardToken: 'end' };
    });
  });

  it('are none before it begins', async () => {
    const log = logOf(0);
    expect(await log.readNew()).toEqual([]);
    expect(log.begun).toBe(false);
    expect(log.complete).toBe(false);
  });

  it('are those of every attempt, also of one that begins later, each line once', async () => {
    await record(1, [attempt(0)]);
    const log = logOf(1);
    const [first] = await log.readNew();
    expect(first).toMatchObject({ rank: 1, generation: 0, logStream: 'stream-0' });
    expect(first.lines.map(({ message }) => message)).toEqual([
      'START RequestId: request-0',
      'work',
      'REPORT RequestId: request-0',
    ]);
    expect(log.complete).toBe(true);

    await record(1, [attempt(0), attempt(1)]);
    const [old, fresh] = await log.readNew();
    expect(old.lines).toEqual([]);
    expect(fresh).toMatchObject({ generation: 1, requestId: 'request-1' });
    expect(fresh.lines).toHaveLength(3);
  });
});
