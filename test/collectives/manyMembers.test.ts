import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyRank, RelayWorlds } from './worlds.js';

let relay: RelayWorlds;
beforeAll(async () => {
  relay = await RelayWorlds.start();
});
afterAll(() => relay.stop());

it('64 ranks of one process meet, agree and part', async () => {
  const world = await relay.world(64);
  await everyRank(world, (comm) => comm.barrier());
  const sums = await everyRank(world, (comm) => comm.allreduce(Float64Array.of(comm.rank, 1), 'sum'));
  expect(sums).toEqual(Array(64).fill(Float64Array.of(2016, 64)));
  const words = await everyRank(world, (comm) => comm.bcast(comm.rank === 63 ? { hello: ['all'] } : undefined, 63));
  expect(words).toEqual(Array(64).fill({ hello: ['all'] }));
  await Promise.all(world.map((comm) => comm.close()));
});

it('two worlds of one server share nothing', async () => {
  const [first, second] = await Promise.all([relay.world(5), relay.world(7)]);
  const [sums, others] = await Promise.all([
    everyRank(first!, (comm) => comm.allreduce(1, 'sum')),
    everyRank(second!, (comm) => comm.allreduce(10, 'sum')),
  ]);
  expect([sums, others]).toEqual([Array(5).fill(5), Array(7).fill(70)]);
  await first![0]!.close();
  await everyRank(second!, (comm) => comm.barrier());
});
