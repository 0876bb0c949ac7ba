import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Communicator } from '../../../collectives/communicator.js';
import type { FailurePolicy } from '../../../rendezvous/protocol.js';
import { ObjectFolder } from '../../../storage/objectFolder.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';
import { ObjectPolicyWorld } from '../policyWorld.js';
import type { PolicyMember } from './policyMember.js';
import { testTiming as timing } from './storageWorlds.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const worldSize = 3;
const victim = 1;

/** Ranks 0 and 2 here, rank 1 in a process that computes allreduces with them. */
async function start(prefix: string, failurePolicy: FailurePolicy) {
  const { accessKeyId, secretAccessKey } = await s3.client.config.credentials();
  const member: PolicyMember = {
    endpoint: s3.endpoint,
    credentials: { accessKeyId, secretAccessKey },
    bucket: s3.bucket,
    prefix,
    rank: victim,
    worldSize,
    generation: 0,
    failurePolicy,
    timing,
  };
  const child = fork(fileURLToPath(new URL('policyMember.ts', import.meta.url)), [JSON.stringify(member)], {
    execArgv: ['--import', 'tsx'],
  });
  const folder = new ObjectFolder(s3.store(), s3.bucket, prefix);
  const world = new ObjectPolicyWorld(worldSize, failurePolicy, folder, timing);
  const survivors = await Promise.all([0, 2].map((rank) => world.connect(rank)));
  const ready = once(child, 'message');
  await Promise.all([ready, ...survivors.map((communicator) => communicator.barrier())]);
  await Promise.all(survivors.map((communicator) => communicator.allreduce(1, 'sum')));
  const stop = async () => {
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await Promise.all([exited, world.stop()]);
  };
  return { child, world, survivors, folder, stop };
}

it('wait: a killed process is replaced by its retry, and the collective it has left is run again', async () => {
  const { child, world, survivors, stop } = await start('killed/', 'wait');
  try {
    child.kill('SIGKILL');
    await once(child, 'exit');
    const sums = Promise.all(survivors.map((communicator) => communicator.allreduce(1, 'sum')));
    const retried = await world.connect(victim, 1);
    expect(await retried.allreduce(10, 'sum')).toBe(12);
    expect(await sums).toEqual([12, 12]);
    expect(retried.completedCollectives).toBe(3);
    expect([...survivors, retried].map(({ epoch }) => epoch)).toEqual([1, 1, 1]);
  } finally {
    await stop();
  }
});

it.each(['wait', 'shrink'] as const)(
  '%s: a frozen process is left behind, and is fenced off when it wakes',
  async (policy) => {
    const { child, world, survivors, folder, stop } = await start(`frozen-${policy}/`, policy);
    try {
      child.kill('SIGSTOP');
      const interrupted = survivors.map((communicator) => communicator.allreduce(1, 'sum'));
      let members: Communicator[] = survivors;
      if (policy === 'shrink') {
        for (const outcome of await Promise.allSettled(interrupted)) {
          expect(outcome).toMatchObject({ reason: { code: 'RANK_LOST', lostRank: victim } });
        }
        members = await Promise.all(survivors.map((communicator) => communicator.shrink()));
      } else {
        const retried = await world.connect(victim, 1);
        expect(await retried.allreduce(10, 'sum')).toBe(12);
        expect(await Promise.all(interrupted)).toEqual([12, 12]);
        members.push(retried);
      }
      const sums = await Promise.all(members.map((communicator) => communicator.allreduce(communicator.rank, 'sum')));
      expect(new Set(sums)).toEqual(new Set([policy === 'shrink' ? 1 : 3]));
      await Promise.all(members.map((communicator) => communicator.close()));
      const left = (await folder.list('')).map(({ name }) => name.replace(/\/.*/, ''));
      expect(new Set(left)).toEqual(new Set(['ledger', 'roster']));
      // It could take the others for lost now, if nothing told it that they went on without it.
      const woken = once(child, 'message');
      child.kill('SIGCONT');
      expect(await woken).toEqual(['RANK_FENCED', undefined]);
    } finally {
      await stop();
    }
  },
);
