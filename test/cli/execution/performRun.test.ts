import { EventEmitter } from 'node:events';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createClients } from '../../../cli/cloud/clients.js';
import { stateDirectory } from '../../../cli/cloud/stateDirectory.js';
import type { Target } from '../../../cli/cloud/target.js';
import { performRun } from '../../../cli/execution/performRun.js';
import { Interruption } from '../../../cli/interruption.js';
import { recordingTerminal } from '../terminal/recordingTerminal.js';
import { executionArn, stateMachineArn } from './examples.js';

const sfn = mockClient(SFNClient);

class QuietProcess extends EventEmitter {
  exit(): void {}
}

function surroundings(lost = new AbortController().signal) {
  const source = new QuietProcess();
  const { terminal, written } = recordingTerminal();
  const session = { terminal, interruption: new Interruption(source), directory: stateDirectory('unused') };
  const target: Target = {
    kind: 'local',
    clients: createClients({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1' }),
    region: 'us-east-1',
    stateMachineArn: async () => stateMachineArn,
    lost,
    close: async () => {},
  };
  return { source, session, target, written };
}

describe('a run of the command', () => {
  let status: 'RUNNING' | 'SUCCEEDED' | 'ABORTED';
  beforeEach(() => {
    status = 'RUNNING';
    sfn.reset();
    sfn.on(StartExecutionCommand).resolves({ executionArn, startDate: new Date() });
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
    sfn.on(ListMapRunsCommand).resolves({ mapRuns: [] });
    sfn.on(DescribeExecutionCommand).callsFake(() => ({ name: 'nightly-7', status, startDate: new Date() }));
    sfn.on(StopExecutionCommand).callsFake(() => {
      status = 'ABORTED';
      return { stopDate: new Date() };
    });
  });

  it('is followed to its end', async () => {
    const { session, target, written } = surroundings();
    status = 'SUCCEEDED';
    const { snapshot, summary } = await performRun(session, target, {}, 'nightly-7');
    expect(snapshot.status).toBe('SUCCEEDED');
    expect(summary).toBeUndefined();
    expect(written.stderr).toContain('Run nightly-7 has started.');
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0);
  });

  it('is stopped by Ctrl-C, and awaited', async () => {
    const { source, session, target, written } = surroundings();
    sfn.on(ListMapRunsCommand).callsFake(() => {
      source.emit('SIGINT', 'SIGINT');
      return { mapRuns: [] };
    });
    const { snapshot } = await performRun(session, target, {}, 'nightly-7');
    expect(snapshot.status).toBe('ABORTED');
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(1);
    expect(written.stderr).toContain('Stopping run nightly-7');
  });

  it('fails when the cloud is gone', async () => {
    const lost = new AbortController();
    const { session, target } = surroundings(lost.signal);
    sfn.on(ListMapRunsCommand).callsFake(() => {
      lost.abort(new Error('the cloud has ended'));
      return { mapRuns: [] };
    });
    const started: string[] = [];
    const performing = performRun(session, target, {}, 'nightly-7', (runId) => started.push(runId));
    await expect(performing).rejects.toThrow('the cloud has ended');
    expect(started).toEqual(['nightly-7']);
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0);
  });
});
