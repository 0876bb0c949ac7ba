import { EventEmitter } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClients } from '../../cli/cloud/clients.js';
import { openLocalTarget } from '../../cli/cloud/localTarget.js';
import { stackStateSchema } from '../../cli/cloud/stackState.js';
import { stateDirectory } from '../../cli/cloud/stateDirectory.js';
import { CloudNotRunningError } from '../../cli/errors.js';
import { Interruption } from '../../cli/interruption.js';
import { type LocalStack, startLocalStack } from '../../cli/localStack.js';
import type { Session } from '../../cli/session.js';
import { temporaryFolder } from './temporaryFolder.js';
import { recordingTerminal } from './terminal/recordingTerminal.js';

class QuietProcess extends EventEmitter {
  exit(): void {}
}

async function session(): Promise<Session & { written: { stderr: string } }> {
  const { terminal, written } = recordingTerminal();
  const interruption = new Interruption(new QuietProcess());
  return { terminal, written, interruption, directory: stateDirectory(await temporaryFolder()) };
}

async function started({ directory }: Session): Promise<LocalStack> {
  const start = await startLocalStack({ directory, concurrency: 2 });
  if (!start.started) throw new Error('somebody else has the directory');
  onTestFinished(() => start.stack.close());
  return start.stack;
}

describe('embedded cloud of a state directory', () => {
  it('has the bucket and the state machine, for its own credentials', async () => {
    const here = await session();
    const { state, secrets } = await started(here);
    const clients = createClients({ endpoint: state.endpoint, region: state.region, credentials: secrets });
    expect((await clients.s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([
      state.bucket,
    ]);
    const { stateMachines } = await clients.sfn.send(new ListStateMachinesCommand({}));
    expect(stateMachines?.map(({ stateMachineArn }) => stateMachineArn)).toEqual([state.stateMachineArn]);
    clients.destroy();

    const guessed = { accessKeyId: secrets.accessKeyId, secretAccessKey: 'guessed' };
    const stranger = createClients({ endpoint: state.endpoint, region: state.region, credentials: guessed });
    await expect(stranger.s3.send(new ListBucketsCommand({}))).rejects.toThrow(/signature/i);
    stranger.destroy();
  });

  it('says where it runs, for as long as it does, and starts again with the same state', async () => {
    const here = await session();
    const stack = await started(here);
    const file = JSON.parse(await readFile(here.directory.cloudFile, 'utf8'));
    expect(stackStateSchema.parse(file)).toEqual(stack.state);
    await stack.close();
    await expect(stat(here.directory.cloudFile)).rejects.toThrow('ENOENT');
    const again = await started(here);
    expect(again.secrets).toEqual(stack.secrets);
    expect(again.state.stateMachineArn).toBe(stack.state.stateMachineArn);
  });

  it('is one a directory', async () => {
    const here = await session();
    const { control } = await started(here);
    expect(await startLocalStack({ directory: here.directory })).toEqual({ started: false, holder: control.holder });
  });
});

describe('a command that needs the cloud', () => {
  it('joins the one that runs and leaves it running', async () => {
    const here = await session();
    const stack = await started(here);
    const target = await openLocalTarget(here, 'running');
    expect(target.own).toBeUndefined();
    expect(target.state).toEqual(stack.state);
    await target.close();
    expect((await openLocalTarget(here, 'running')).state).toEqual(stack.state);
  });

  it('is told when it ends', async () => {
    const here = await session();
    const stack = await started(here);
    const target = await openLocalTarget(here, 'any');
    const lost = new Promise((resolve) => target.lost.addEventListener('abort', resolve));
    await stack.close();
    await lost;
    expect(target.lost.reason).toMatchObject({ code: 'CLOUD_ENDED' });
  });

  it('starts one, and keeps it for the others that joined meanwhile', async () => {
    const here = await session();
    const owner = await openLocalTarget(here, 'any');
    expect(owner.own).toBeDefined();
    const guest = await openLocalTarget(here, 'any');
    expect(guest.own).toBeUndefined();
    const order: string[] = [];
    const closed = owner.close().then(() => order.push('owner'));
    order.push('guest');
    await guest.close();
    await closed;
    expect(order).toEqual(['guest', 'owner']);
    expect(here.written.stderr).toContain('Waiting for 1 other command');
  });

  it('says so when there is none and it may not start one', async () => {
    await expect(openLocalTarget(await session(), 'running')).rejects.toThrow(CloudNotRunningError);
  });
});
