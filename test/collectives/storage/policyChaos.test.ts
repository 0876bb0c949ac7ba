import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Communicator } from '../../../collectives/communicator.js';
import { MusterError } from '../../../run/errors.js';
import { ObjectPolicyWorld } from '../policyWorld.js';
import { MemoryExchange } from './memoryExchange.js';

const collectives = 12;

/** Numbers below `limit`, the same at every run. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}

/** The loop of a rank and what it has computed; ends at the last collective or when the rank dies. */
async function play(communicator: Communicator, results: Map<number, unknown>): Promise<'done' | 'died'> {
  try {
    for (let index = communicator.completedCollectives; index < collectives; index++) {
      const root = index % communicator.worldSize;
      const result =
        index % 3 === 0
          ? await communicator.bcast(communicator.rank === root ? index : undefined, root)
          : await communicator.allreduce(index * 10 + communicator.rank, 'sum');
      results.set(index, result);
    }
    return 'done';
  } catch (error) {
    if (error instanceof MusterError && (error.code === 'STORAGE_CHANNEL' || error.code === 'RANK_FENCED'))
      return 'died';
    throw error;
  }
}

it.each(Array.from({ length: 12 }, (_, seed) => seed))(
  'wait: whenever ranks die, every collective is computed once by all (seed %i)',
  async (seed) => {
    const pick = random(seed);
    const worldSize = 2 + pick(4);
    const world = new ObjectPolicyWorld(worldSize, 'wait', new MemoryExchange(() => 1 + pick(5)));
    const members = await world.connectAll();
    // With an odd seed all may die at once, and what they had just completed with them.
    const mortals = seed % 2 === 0 ? worldSize - 1 : worldSize;
    const computed = members.map(() => new Map<number, unknown>());
    let deaths = 4;
    const rankLoop = async (rank: number) => {
      for (let generation = 0; ; ) {
        const ended = await play(members[rank]!, computed[rank]!);
        if (ended === 'done') return;
        generation += 1 + pick(2);
        members[rank] = await world.connect(rank, generation);
      }
    };
    const killing = async () => {
      while (deaths-- > 0) {
        for (let turns = pick(60); turns > 0; turns--) await turn();
        world.kill(members[pick(mortals)]);
      }
    };
    await Promise.all([killing(), ...members.map((_, rank) => rankLoop(rank))]);
    const ranks = (worldSize * (worldSize - 1)) / 2;
    const expected = Array.from({ length: collectives }, (_, i) => (i % 3 === 0 ? i : i * 10 * worldSize + ranks));
    for (const own of computed) for (const [index, result] of own) expect(result).toEqual(expected[index]);
    if (mortals < worldSize) expect([...computed.at(-1)!.values()]).toEqual(expected);
    await world.stop();
  },
);

it.each([1, 2, 3, 4])('shrink: whenever ranks die, survivors agree on what is complete (seed %i)', async (seed) => {
  const pick = random(seed);
  const world = new ObjectPolicyWorld(5, 'shrink', new MemoryExchange(() => 1 + pick(5)));
  const worlds = await world.connectAll();
  const victims = new Set([pick(5), pick(5)]);
  const histories = worlds.map(() => [] as string[]);
  const rankLoop = async (rank: number) => {
    let communicator = worlds[rank]!;
    const history = histories[rank]!;
    while (communicator.completedCollectives < collectives) {
      try {
        history.push(`${communicator.epoch}: ${await communicator.allreduce(1 << rank, 'sum')}`);
      } catch (error) {
        if (!(error instanceof MusterError) || error.code !== 'RANK_LOST') throw error;
        history.push(`${communicator.epoch}: interrupted`);
        communicator = await communicator.shrink();
      }
    }
  };
  const killing = async () => {
    for (const victim of victims) {
      for (let turns = pick(80); turns > 0; turns--) await turn();
      world.kill(worlds[victim]);
    }
  };
  const outcomes = await Promise.allSettled([killing(), ...worlds.map((_, rank) => rankLoop(rank))]);
  const survivors = [0, 1, 2, 3, 4].filter((rank) => !victims.has(rank));
  for (const rank of survivors) {
    expect(outcomes[rank + 1]).toMatchObject({ status: 'fulfilled' });
    expect(histories[rank]).toEqual(histories[survivors[0]!]);
  }
  const last = survivors.reduce((sum, rank) => sum + (1 << rank), 0);
  const lasting = histories[survivors[0]!]!.filter((line) => !line.endsWith('interrupted'));
  expect(lasting).toHaveLength(collectives);
  expect(lasting.at(-1)).toMatch(new RegExp(`: ${last}$`));
  await world.stop();
});
