import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectCommunicator } from '../../../collectives/connectCommunicator.js';
import { makeCertificate } from '../../../rendezvous/certificate.js';
import { DirectWorlds, isLinked, talkUntil } from './directWorlds.js';

let worlds: DirectWorlds;
beforeAll(async () => {
  worlds = await DirectWorlds.start();
});
afterAll(() => worlds.stop());

it.each([
  ['SIGKILL', 2000],
  ['SIGSTOP', 5000],
] as const)('a linked rank that gets %s is named by every survivor within %i ms', async (signal, limitMs) => {
  const runId = worlds.nextRunId();
  const options = { ...worlds.options(runId, 2, 3, 4), channel: 'direct' };
  const child = fork(fileURLToPath(new URL('../memberProcess.ts', import.meta.url)), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  });
  const exited = once(child, 'exit');
  try {
    const survivors = await Promise.all([0, 1].map((rank) => worlds.rank(worlds.options(runId, rank, 3))));
    await Promise.all(survivors.map(({ communicator }) => communicator.barrier()));
    let killedAtMs = 0;
    const outcomes = survivors.map(async (survivor) => {
      for (;;) {
        await survivor.communicator.allreduce(new Float64Array(50_000), 'sum');
        if (killedAtMs > 0 || ![...survivor.channel.paths.keys()].every((peer) => isLinked(survivor, peer))) continue;
        killedAtMs = performance.now();
        child.kill(signal);
      }
    });
    for (const outcome of await Promise.allSettled(outcomes)) {
      expect(outcome).toMatchObject({ reason: { code: 'RANK_LOST', lostRank: 2, lostGeneration: 4 } });
    }
    expect(performance.now() - killedAtMs).toBeLessThan(limitMs);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
});

it.each([
  ['wait', 3],
  ['shrink', 2],
] as const)('after a linked process was killed, the policy %s goes on with %i ranks', async (failurePolicy, left) => {
  const runId = worlds.nextRunId();
  const policy = { failurePolicy, channel: 'direct' } as const;
  const member = (generation: number) => {
    const options = { ...worlds.options(runId, 2, 3, generation), ...policy };
    const program = fileURLToPath(new URL('../memberProcess.ts', import.meta.url));
    const child = fork(program, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
    return { child, exited: once(child, 'exit') };
  };
  const victim = member(0);
  const children = [victim];
  try {
    const survivors = await Promise.all(
      [0, 1].map((rank) => worlds.rank({ ...worlds.options(runId, rank, 3), ...policy })),
    );
    await Promise.all(survivors.map(({ communicator }) => communicator.barrier()));
    const isThroughout = () =>
      survivors.every((one) => [...one.channel.paths.keys()].every((peer) => isLinked(one, peer)));
    let isDead = false;
    const kill = () => {
      isDead = true;
      victim.child.kill('SIGKILL');
      if (failurePolicy === 'wait') children.push(member(1));
    };
    const sums = await Promise.all(
      survivors.map(async ({ communicator }) => {
        let world = communicator;
        for (;;) {
          if (world.rank === 0 && !isDead && isThroughout()) kill();
          const data = new Float64Array(50_000).fill(1);
          data[1] = world.epoch;
          const outcome = await world.allreduce(data, 'sum').catch((error: unknown) => error);
          if (!(outcome instanceof Float64Array)) {
            expect(outcome).toMatchObject({ code: 'RANK_LOST', operation: 'allreduce', lostRank: 2 });
            world = await world.shrink();
            continue;
          }
          // The process brings 2 in each place, the survivors 1 each and their epochs.
          const [sum = 0, epochs = 0] = outcome;
          if (epochs - (sum - 2) === 2) return { sum, worldSize: world.worldSize, epoch: world.epoch };
        }
      }),
    );
    expect(sums).toEqual(Array(2).fill({ sum: failurePolicy === 'wait' ? 4 : 2, worldSize: left, epoch: 1 }));
  } finally {
    for (const { child, exited } of children) {
      child.kill('SIGKILL');
      await exited;
    }
  }
});

it('ranks of a rendezvous that speaks TLS link, too, and go on in a new epoch when one is lost', async () => {
  const secure = await DirectWorlds.start({ certificate: await makeCertificate() });
  const runId = secure.nextRunId();
  const ranks = await Promise.all(
    [0, 1, 2].map((rank) => secure.rank({ ...secure.options(runId, rank, 3), failurePolicy: 'wait' })),
  );
  await talkUntil(ranks, () =>
    ranks.every((one) => [...one.channel.paths.keys()].every((peer) => isLinked(one, peer))),
  );
  const survivors = ranks.slice(0, 2);
  const retried = secure.rank({ ...secure.options(runId, 2, 3, 1), failurePolicy: 'wait' });
  const sums = await Promise.all([
    ...survivors.map(({ communicator }) => communicator.allreduce(1, 'sum')),
    retried.then(({ communicator }) => communicator.allreduce(1, 'sum')),
  ]);
  expect(sums).toEqual([3, 3, 3]);
  await talkUntil([...survivors, await retried], () => survivors.every((one) => isLinked(one, 2)));
  await secure.stop();
});

it('a communicator is asked for direct links by its options', async () => {
  const runId = worlds.nextRunId();
  const world = await Promise.all(
    [0, 1].map((rank) => connectCommunicator({ ...worlds.options(runId, rank, 2), channel: 'direct', pollMs: 0.1 })),
  );
  const sums = await Promise.all(world.map((communicator) => communicator.allreduce(communicator.rank + 1, 'sum')));
  expect(sums).toEqual([3, 3]);
  await Promise.all(world.map((communicator) => communicator.close()));
});
