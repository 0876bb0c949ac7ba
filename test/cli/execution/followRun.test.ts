import { S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListMapRunsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { followRun } from '../../../cli/execution/followRun.js';
import { ResultsProbe } from '../../../cli/execution/resultsProbe.js';
import { RunObserver } from '../../../cli/execution/runObserver.js';
import type { RunProgress } from '../../../cli/execution/runProgress.js';
import { executionArn } from './examples.js';

const sfn = mockClient(SFNClient);

function follow(signal: AbortSignal) {
  const shown: RunProgress[] = [];
  let ended = false;
  const display = { show: (progress: RunProgress) => shown.push(progress), end: () => (ended = true) };
  const observer = new RunObserver(new SFNClient({}), executionArn);
  const probe = new ResultsProbe(new S3Client({}));
  const following = followRun({ observer, probe, display, sizeOf: async () => undefined, pollMs: 1, signal });
  return { following, shown, hasEnded: () => ended };
}

describe('following a run', () => {
  beforeEach(() => {
    sfn.reset();
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
    sfn.on(ListMapRunsCommand).resolves({ mapRuns: [] });
  });

  it('shows every look at it, to the end', async () => {
    const running = { name: 'nightly-7', status: 'RUNNING' as const, startDate: new Date(0) };
    sfn
      .on(DescribeExecutionCommand)
      .resolvesOnce(running)
      .resolvesOnce(running)
      .resolves({ ...running, status: 'SUCCEEDED' });
    const { following, shown, hasEnded } = follow(new AbortController().signal);
    expect((await following).status).toBe('SUCCEEDED');
    expect(shown.map(({ status }) => status)).toEqual(['RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(hasEnded()).toBe(true);
  });

  it("ends with the signal's reason and gives the terminal back", async () => {
    sfn.on(DescribeExecutionCommand).resolves({ name: 'nightly-7', status: 'RUNNING', startDate: new Date(0) });
    const controller = new AbortController();
    const { following, hasEnded } = follow(controller.signal);
    controller.abort(new Error('Ctrl-C'));
    await expect(following).rejects.toThrow('Ctrl-C');
    expect(hasEnded()).toBe(true);
  });
});
