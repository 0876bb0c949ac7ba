import { describe, expect, it, onTestFinished } from 'vitest';
import { isAlive, stopStack, useStack } from '../../../cli/cloud/stackClient.js';
import { StackControl } from '../../../cli/cloud/stackControl.js';
import type { StackState } from '../../../cli/cloud/stackState.js';

const state: StackState = {
  version: 1,
  pid: 1,
  startedAtMs: 0,
  endpoint: 'http://127.0.0.1:1',
  region: 'us-east-1',
  accountId: '000000000000',
  bucket: 'muster-local',
  rendezvousUrl: 'ws://127.0.0.1:2',
  stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:muster-inference',
};

async function startControl(): Promise<StackControl> {
  const control = await StackControl.start();
  onTestFinished(() => control.close());
  return control;
}

describe('control of a running cloud', () => {
  it('tells a living cloud from a dead one, and from another that took its port', async () => {
    const control = await startControl();
    expect(await isAlive(control.holder, 'dir')).toBe(true);
    expect(await isAlive({ ...control.holder, id: 'an earlier one' }, 'dir')).toBe(false);
    await control.close();
    expect(await isAlive(control.holder, 'dir')).toBe(false);
  });

  it('lets users wait until the cloud is ready', async () => {
    const control = await startControl();
    const using = useStack(control.holder);
    control.ready(state);
    const use = await using;
    expect(use?.state).toEqual(state);
    use?.release();
  });

  it('waits for its users before it closes to them', async () => {
    const control = await startControl();
    control.ready(state);
    const use = await useStack(control.holder);
    const order: string[] = [];
    const closed = control.closeToUsers().then(() => order.push('closed'));
    order.push('released');
    use?.release();
    await closed;
    expect(order).toEqual(['released', 'closed']);
    expect(control.userCount).toBe(0);
  });

  it('admits nobody once it is closing, and lets them wait for its end', async () => {
    const control = await startControl();
    control.ready(state);
    await control.closeToUsers();
    const refused = useStack(control.holder);
    await control.close();
    expect(await refused).toBeUndefined();
  });

  it('tells its users when it ends under them', async () => {
    const control = await startControl();
    control.ready(state);
    const use = await useStack(control.holder);
    await control.close();
    await use?.ended;
    expect(await useStack(control.holder)).toBeUndefined();
  });

  it('is asked to end, and answers when it has', async () => {
    const control = await startControl();
    const order: string[] = [];
    const stopping = stopStack(control.holder).then(() => order.push('answered'));
    await control.stopRequested;
    order.push('ended');
    await control.close();
    await stopping;
    expect(order).toEqual(['ended', 'answered']);
  });

  it('does nothing for those who do not have the token', async () => {
    const control = await startControl();
    await expect(stopStack({ ...control.holder, token: 'guessed' })).rejects.toThrow('refused to end (403)');
    const response = await fetch(new URL('/state', control.holder.controlUrl));
    expect(response.status).toBe(403);
  });
});
