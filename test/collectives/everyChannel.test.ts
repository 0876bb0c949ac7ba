import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crossover } from '../../collectives/algorithms/crossover.js';
import { operators } from '../../collectives/namedOperators.js';
import { DirectWorlds } from './direct/directWorlds.js';
import { bits, reduced } from './model.js';
import { movesAsItWas, tablesOf } from './movements.js';
import { agreesWithModel, reductionsOf, scansByChain } from './reductions.js';
import { ObjectWorlds } from './storage/memoryExchange.js';
import { everyRank, RelayWorlds, type World } from './worlds.js';

// What `properties.test.ts` proves in memory, over the channels that leave it.

let relay: RelayWorlds;
let direct: DirectWorlds;
const objects = new ObjectWorlds();
beforeAll(async () => {
  [relay, direct] = await Promise.all([RelayWorlds.start(), DirectWorlds.start()]);
});
afterAll(() => Promise.all([relay.stop(), direct.stop(), objects.stop()]));

const overDirect = async (worldSize: number): Promise<World> =>
  (await direct.world(worldSize)).map(({ communicator }) => communicator);
const channels = {
  relay: (worldSize: number): Promise<World> => relay.world(worldSize),
  direct: overDirect,
  storage: (worldSize: number): Promise<World> => objects.world(worldSize),
};

const propertySizes = [1, 2, 3, 4, 5, 8];
const numRuns = 40;
const sizes = fc.constantFrom(...propertySizes);
describe.each(Object.entries(channels))('over %s', (_name, makeWorld) => {
  const worlds = new Map<number, World>();
  beforeAll(async () => {
    for (const size of propertySizes) worlds.set(size, await makeWorld(size));
  });

  it('every reduction agrees with the sequential model, at any type, operator, root and length', async () => {
    await fc.assert(
      fc.asyncProperty(reductionsOf(sizes), (reduction) =>
        agreesWithModel(worlds.get(reduction.ranks.length)!, reduction, scansByChain(crossover, reduction)),
      ),
      { numRuns },
    );
  });

  it('every movement brings data as they were, of any type and length, from any root', async () => {
    await fc.assert(
      fc.asyncProperty(tablesOf(sizes), fc.nat(), (table, root) =>
        movesAsItWas(worlds.get(table.length)!, table, root % table.length),
      ),
      { numRuns },
    );
  });
});

const everySize = [...Array.from({ length: 17 }, (_, index) => index + 1), 31, 32, 33];

/** A few operations at once, some of which every pair of ranks takes part in; closes the world. */
async function worksTogether(world: World): Promise<void> {
  const own = (rank: number) => Float32Array.from({ length: 50 }, (_, index) => Math.sin(rank * 31 + index));
  const root = world.length - 1;
  const results = await everyRank(world, (comm) =>
    Promise.all([
      comm.allreduce(own(comm.rank), 'sum'),
      comm.bcast(comm.rank === root ? own(root) : undefined, root),
      comm.allgather(comm.rank),
      comm.alltoall(Array.from({ length: world.length }, (_, to) => Uint16Array.of(comm.rank, to))),
      comm.exscan(1, 'sum'),
      comm.barrier(),
    ]),
  );
  const sum = bits(
    reduced(
      world.map(({ rank }) => own(rank)),
      operators.sum,
    ),
  );
  const everyone = world.map(({ rank }) => rank);
  for (const [rank, [reducedHere, broadcast, gathered, swapped, before]] of results.entries()) {
    expect(bits(reducedHere)).toBe(sum);
    expect(bits(broadcast)).toBe(bits(own(root)));
    expect(gathered).toEqual(everyone);
    expect(swapped).toEqual(everyone.map((from) => Uint16Array.of(from, rank)));
    expect(before).toBe(rank === 0 ? undefined : rank);
  }
  await Promise.all(world.map((communicator) => communicator.close()));
}

describe('at every world size', () => {
  it.each(everySize)('%i, over the relay, over direct links and through objects', async (size) => {
    for (const makeWorld of Object.values(channels)) await worksTogether(await makeWorld(size));
  });

  it('64, over the relay', async () => worksTogether(await channels.relay(64)));

  it('256, over the relay', async () => {
    const world = await channels.relay(256);
    const results = await everyRank(world, (comm) =>
      Promise.all([comm.allreduce(Int32Array.of(comm.rank), 'sum'), comm.bcast(comm.rank === 255 ? 'x' : '', 255)]),
    );
    for (const result of results) expect(result).toEqual([Int32Array.of((255 * 256) / 2), 'x']);
  });
});
