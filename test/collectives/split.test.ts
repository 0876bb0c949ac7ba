import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Communicator } from '../../collectives/communicator.js';
import { MemoryWorld } from '../../collectives/memoryChannel.js';
import { everyRank, memoryWorld, RelayWorlds, shuffledWorld, type World } from './worlds.js';

let relay: RelayWorlds;
beforeAll(async () => {
  relay = await RelayWorlds.start();
});
afterAll(() => relay.stop());

/** Communicators of those that are in one. */
function present(communicators: readonly (Communicator | undefined)[]): Communicator[] {
  return communicators.filter((communicator) => communicator !== undefined);
}

describe('split', () => {
  it('makes a world of each color, in the order of the keys and then of the ranks', async () => {
    const colors = fc.array(
      fc.record({ color: fc.option(fc.nat(3), { nil: undefined }), key: fc.integer({ min: -2, max: 2 }) }),
      {
        minLength: 1,
        maxLength: 17,
      },
    );
    await fc.assert(
      fc.asyncProperty(colors, fc.nat(), async (choices, seed) => {
        const world = shuffledWorld(choices.length, seed);
        const groups = await everyRank(world, (comm) => comm.split(choices[comm.rank]!.color, choices[comm.rank]!.key));
        const sums = await Promise.all(groups.map((group, rank) => group?.allgather(rank)));
        for (const [rank, { color }] of choices.entries()) {
          const members = choices
            .map((choice, of) => ({ ...choice, of }))
            .filter((choice) => choice.color === color)
            .sort((a, b) => a.key - b.key || a.of - b.of)
            .map(({ of }) => of);
          expect(sums[rank]).toEqual(color === undefined ? undefined : members);
          if (color === undefined) continue;
          expect(groups[rank]!.rank).toBe(members.indexOf(rank));
          expect(groups[rank]!.worldSize).toBe(members.length);
        }
      }),
    );
  });

  it.each([
    ['memory', async (size: number): Promise<World> => memoryWorld(size)],
    ['relay', (size: number): Promise<World> => relay.world(size)],
  ])('makes rows and columns that work at the same time as the world, over %s', async (_name, makeWorld) => {
    const world = await makeWorld(6);
    const results = await everyRank(world, async (comm) => {
      const [row, column] = await Promise.all([comm.split(Math.floor(comm.rank / 3)), comm.split(comm.rank % 3)]);
      return Promise.all([
        row!.allreduce(comm.rank, 'sum'),
        column!.allreduce(comm.rank, 'sum'),
        comm.allreduce(comm.rank, 'sum'),
        row!.barrier(),
        column!.barrier(),
      ]);
    });
    const sums = results.map(([row, column, all]) => [row, column, all]);
    expect(sums).toEqual([0, 1, 2, 3, 4, 5].map((rank) => [rank < 3 ? 3 : 12, 3 + 2 * (rank % 3), 15]));
  });

  it.each([64, 256])('and dup make worlds of %i ranks whole and halved', async (size) => {
    const world = memoryWorld(size);
    const results = await everyRank(world, async (comm) => {
      const [half, copy] = await Promise.all([comm.split(comm.rank % 2, -comm.rank), comm.dup()]);
      const own = [half!.rank, half!.worldSize, copy.rank, copy.worldSize];
      const sums = await Promise.all([half!.allreduce(comm.rank, 'sum'), copy.allreduce(1, 'sum'), copy.barrier()]);
      return [...own, sums[0], sums[1]];
    });
    for (const [rank, result] of results.entries()) {
      const odd = rank % 2;
      const rankInHalf = size / 2 - 1 - (rank - odd) / 2;
      expect(result).toEqual([rankInHalf, size / 2, rank, size, (size / 2) * (size / 2 - 1 + odd), size]);
    }
  });

  it('can be done again on what it has made, down to single ranks', async () => {
    const world = memoryWorld(8);
    const depths = await everyRank(world, async (comm) => {
      let group: Communicator = comm;
      let depth = 0;
      for (; group.worldSize > 1; depth++) {
        const half = await group.split(group.rank < group.worldSize / 2 ? 0 : 1, -group.rank);
        group = half!;
      }
      return [depth, await group.allreduce(comm.rank, 'sum')];
    });
    expect(depths).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((rank) => [3, rank]));
  });

  it('refuses colors that are no numbers, at every rank alike, and the next operations meet', async () => {
    const [alone] = memoryWorld(1);
    await expect(alone!.split(Number.NaN)).rejects.toMatchObject({
      code: 'COLLECTIVE_ARGUMENT_INVALID',
      operation: 'split',
    });
    await expect(alone!.split(0, Number.POSITIVE_INFINITY)).rejects.toThrow(/key Infinity/);
    expect(await alone!.allreduce(1, 'sum')).toBe(1);
  });
});

describe('dup', () => {
  it('makes a world whose messages meet no others', async () => {
    const world = shuffledWorld(3, 5);
    const [first, second] = await Promise.all([
      everyRank(world, (comm) => comm.dup()),
      everyRank(world, (comm) => comm.dup()),
    ]);
    await Promise.all([world[0]!.send('world', 1), first[0]!.send('first', 1), second[0]!.send('second', 1)]);
    expect(await Promise.all([second[1]!.recv(0), world[1]!.recv(0), first[1]!.recv(0)])).toEqual([
      'second',
      'world',
      'first',
    ]);
    expect(first.map(({ rank, worldSize }) => [rank, worldSize])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
  });
});

describe('communicators that stem from one world', () => {
  it('share its losses, each naming the rank as its own members count', async () => {
    const memory = new MemoryWorld(6);
    const world = memory.channels.map((channel) => new Communicator(channel, { runId: 'run-1' }));
    const halves = present(await everyRank(world, (comm) => comm.split(comm.rank % 2)));
    const pending = halves.filter((_, rank) => rank !== 4).map((comm) => comm.barrier());
    memory.lose(4, 'it was killed');
    const outcomes = await Promise.allSettled(pending);
    // Ranks 0, 2, 4 are even; 4 is the third of them.
    for (const even of [0, 2]) {
      expect(outcomes[even]).toMatchObject({
        reason: { code: 'RANK_LOST', lostRank: 2, message: /rank 2 .*killed \(rank 4 of the world\)/, runId: 'run-1' },
      });
    }
    for (const odd of [1, 3, 4]) expect(outcomes[odd]).toMatchObject({ status: 'fulfilled' });
    const odds = [1, 3, 5].map((rank) => halves[rank]!);
    expect(await Promise.all(odds.map((comm) => comm.allreduce(1, 'sum')))).toEqual([3, 3, 3]);
    // What is made after the loss knows of it too.
    await expect(halves[0]!.allreduce(1, 'sum')).rejects.toMatchObject({ code: 'RANK_LOST', lostRank: 2 });
  });

  it('close by themselves without harm to the world, and with it', async () => {
    const world = memoryWorld(2);
    const duplicates = await everyRank(world, (comm) => comm.dup());
    const others = await everyRank(world, (comm) => comm.dup());
    const pending = expect(duplicates[0]!.recv(1)).rejects.toMatchObject({ code: 'COMMUNICATOR_CLOSED' });
    await duplicates[0]!.close();
    await pending;
    await expect(duplicates[0]!.send(1, 1)).rejects.toMatchObject({ code: 'COMMUNICATOR_CLOSED' });
    expect(await everyRank(world, (comm) => comm.allreduce(1, 'sum'))).toEqual([2, 2]);
    const open = expect(others[0]!.recv(1)).rejects.toMatchObject({ code: 'COMMUNICATOR_CLOSED' });
    await world[0]!.close();
    await open;
    await expect(others[0]!.barrier()).rejects.toMatchObject({ code: 'COMMUNICATOR_CLOSED' });
  });

  it('have deadlines and signals of their own', async () => {
    const world = memoryWorld(3);
    const duplicates = await everyRank(world, (comm) => comm.dup());
    await expect(duplicates[0]!.barrier({ timeoutMs: 20 })).rejects.toMatchObject({
      code: 'COLLECTIVE_TIMEOUT',
      operation: 'barrier',
    });
    const reason = new Error('enough');
    await expect(duplicates[1]!.scan(1, 'sum', { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'COLLECTIVE_ABORTED',
      cause: reason,
    });
    expect(await everyRank(world, (comm) => comm.allreduce(1, 'sum'))).toEqual([3, 3, 3]);
  });
});
