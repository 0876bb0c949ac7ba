import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStatesService } from '../../../local/states/service.js';
import { waitingMap } from './definitions/maps.js';
import { waitingTask } from './definitions/tasks.js';
import { EndlessFunction } from './endlessFunction.js';
import { credentials, outputOf, type StatesCloud, single, startStatesCloud } from './statesCloud.js';

let cloud: StatesCloud;
let endless: EndlessFunction;
beforeEach(async () => {
  endless = new EndlessFunction();
  cloud = await startStatesCloud({ wait: endless.run });
});
afterEach(() => cloud.close());

const aborted = {
  status: 'ABORTED',
  error: 'LocalCloud.Stopped',
  cause: expect.stringContaining('local cloud was stopped'),
};

describe('after a restart', () => {
  it('what had ended is as it was', async () => {
    const before = await cloud.run(single({ Type: 'Pass', Result: 'kept' }));
    const events = await cloud.history(before.executionArn!);
    await cloud.restart();
    const after = await cloud.ended(before.executionArn!);
    expect(outputOf(after)).toBe('kept');
    expect(after.startDate).toEqual(before.startDate);
    expect(await cloud.history(before.executionArn!)).toEqual(events);
    const machine = await cloud.sfn.send(new DescribeStateMachineCommand({ stateMachineArn: before.stateMachineArn }));
    expect(machine.status).toBe('ACTIVE');
    const again = await cloud.sfn.send(new StartExecutionCommand({ stateMachineArn: before.stateMachineArn }));
    expect(outputOf(await cloud.ended(again.executionArn!))).toBe('kept');
    await expect(
      cloud.sfn.send(new StartExecutionCommand({ stateMachineArn: before.stateMachineArn, name: before.name })),
    ).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each(['restart', 'restartAfterKill'] as const)(
    'what was running is ABORTED, with its history (%s)',
    async (restart) => {
      const arn = await cloud.start(waitingTask, { heartbeat: 500 });
      await endless.until(({ begun }) => begun === 1);
      const before = await cloud.history(arn);
      await cloud[restart]();
      expect(await cloud.ended(arn)).toMatchObject(aborted);
      const after = await cloud.history(arn);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.at(-1)).toMatchObject({
        type: 'ExecutionAborted',
        executionAbortedEventDetails: { error: 'LocalCloud.Stopped' },
      });
      expect(after.map(({ id }) => id)).toEqual(after.map((_event, index) => index + 1));
    },
  );

  it('a map run and its children are ABORTED too', async () => {
    const executionArn = await cloud.start(waitingMap, [1, 2, 3, 4]);
    await endless.until(({ begun }) => begun === 3);
    await cloud.restartAfterKill();
    const { mapRuns = [] } = await cloud.sfn.send(new ListMapRunsCommand({ executionArn }));
    const { mapRunArn } = mapRuns[0]!;
    const run = await cloud.sfn.send(new DescribeMapRunCommand({ mapRunArn }));
    expect(run).toMatchObject({ status: 'ABORTED', executionCounts: { aborted: 3, pending: 1, running: 0 } });
    const { executions = [] } = await cloud.sfn.send(new ListExecutionsCommand({ mapRunArn }));
    expect(await cloud.ended(executions[0]?.executionArn ?? '')).toMatchObject(aborted);
  });

  it('a line that was being written when the process was killed is cut off', async () => {
    const { executionArn } = await cloud.run(single({ Type: 'Pass' }));
    const running = await cloud.start(waitingTask, { heartbeat: 500 });
    await endless.until(({ begun }) => begun === 1);
    await cloud.history(running);
    const histories = join(cloud.directory, 'histories');
    for (const file of await readdir(histories)) await appendFile(join(histories, file), '{"id":99,"ty');
    await appendFile(join(cloud.directory, 'executions.jsonl'), '{"kind":"sta');
    await cloud.restartAfterKill();
    expect((await cloud.ended(executionArn!)).status).toBe('SUCCEEDED');
    expect(await cloud.ended(running)).toMatchObject(aborted);
    expect((await cloud.history(running)).at(-1)?.type).toBe('ExecutionAborted');
  });

  it('a file of something else is refused by its name and line', async () => {
    await appendFile(join(cloud.directory, 'stateMachines.jsonl'), '{"kind":"other"}\n');
    const opened = createStatesService({
      directory: cloud.directory,
      region: 'us-east-1',
      accountId: '123456789012',
      endpoint: () => cloud.endpoint,
      credentials,
    });
    await expect(opened).rejects.toMatchObject({
      code: 'CORRUPT_JOURNAL',
      message: expect.stringMatching(/stateMachines\.jsonl: line 1/),
    });
  });
});
