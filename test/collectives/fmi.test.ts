import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementwise } from '../../collectives/operators.js';
import { DirectWorlds } from './direct/directWorlds.js';
import { ObjectWorlds } from './storage/memoryExchange.js';
import { everyRank, memoryWorld, RelayWorlds, type World } from './worlds.js';

// The cases of FMI's own test suite (spcl/fmi, tests/communicator.cpp).

let relay: RelayWorlds;
let direct: DirectWorlds;
const objects = new ObjectWorlds();
beforeAll(async () => {
  relay = await RelayWorlds.start();
  direct = await DirectWorlds.start();
});
afterAll(() => Promise.all([relay.stop(), direct.stop(), objects.stop()]));

const minus = elementwise({ name: 'minus', associative: false, commutative: false, number: (a, b) => a - b });
const plusInOrder = elementwise({ name: 'plus', associative: true, commutative: false, number: (a, b) => a + b });

describe.each([
  ['memory', async (worldSize: number): Promise<World> => memoryWorld(worldSize)],
  ['relay', (worldSize: number): Promise<World> => relay.world(worldSize)],
  [
    'direct',
    async (worldSize: number): Promise<World> =>
      (await direct.world(worldSize)).map(({ communicator }) => communicator),
  ],
  ['storage', (worldSize: number): Promise<World> => objects.world(worldSize)],
])('over %s', (_name, makeWorld) => {
  it('sends 42', async () => {
    const [first, second] = await makeWorld(2);
    await first!.send(Int32Array.of(42), 1);
    expect(await second!.recv(0)).toEqual(Int32Array.of(42));
  });

  it('sends 42 and 4242 in order', async () => {
    const [first, second] = await makeWorld(2);
    await first!.send(42, 1);
    await first!.send(4242, 1);
    expect([await second!.recv(0), await second!.recv(0)]).toEqual([42, 4242]);
  });

  it('sends a value and a vector at N=4', async () => {
    const [first, second] = await makeWorld(4);
    await first!.send(42, 1);
    expect(await second!.recv(0)).toBe(42);
    await first!.send(Int32Array.of(1, 2, 3), 1);
    expect(await second!.recv(0)).toEqual(Int32Array.of(1, 2, 3));
  });

  it('broadcasts at N=32 from root 14', async () => {
    const world = await makeWorld(32);
    const results = await everyRank(world, (comm) => comm.bcast(comm.rank === 14 ? Int32Array.of(42) : undefined, 14));
    expect(results).toEqual(Array(32).fill(Int32Array.of(42)));
  });

  it('broadcasts a value and a vector at N=4', async () => {
    const world = await makeWorld(4);
    expect(await everyRank(world, (comm) => comm.bcast(comm.rank === 0 ? 42 : undefined, 0))).toEqual([42, 42, 42, 42]);
    const vector = Int32Array.of(1, 2, 3);
    const results = await everyRank(world, (comm) => comm.bcast(comm.rank === 2 ? vector : undefined, 2));
    expect(results).toEqual([vector, vector, vector, vector]);
  });

  it('lets a barrier time out when rank 1 of 4 is absent', async () => {
    const world = await makeWorld(4);
    const present = world.filter((comm) => comm.rank !== 1);
    for (const result of await Promise.allSettled(present.map((comm) => comm.barrier({ timeoutMs: 100 })))) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'COLLECTIVE_TIMEOUT', operation: 'barrier' },
      });
    }
  });

  it('passes a barrier at N=2 in less than a second', async () => {
    const world = await makeWorld(2);
    const startMs = performance.now();
    await everyRank(world, (comm) => comm.barrier());
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  it.each([
    [2, 1],
    [14, 0],
    [4, 0],
  ])('gathers at N=%i to root %i', async (worldSize, root) => {
    const world = await makeWorld(worldSize);
    const results = await everyRank(world, (comm) => comm.gather(Int32Array.of(comm.rank + 1), root));
    const expected = Array.from({ length: worldSize }, (_, rank) => Int32Array.of(rank + 1));
    expect(results).toEqual(Array.from({ length: worldSize }, (_, rank) => (rank === root ? expected : undefined)));
  });

  it('gathers vectors at N=4', async () => {
    const world = await makeWorld(4);
    const [atRoot] = await everyRank(world, (comm) => comm.gather(Int32Array.of(comm.rank, comm.rank * 10), 0));
    expect(atRoot).toEqual([0, 1, 2, 3].map((rank) => Int32Array.of(rank, rank * 10)));
  });

  it.each([
    [2, 0],
    [14, 3],
    [4, 0],
  ])('scatters all elements at N=%i from root %i', async (worldSize, root) => {
    const world = await makeWorld(worldSize);
    const shares = Array.from({ length: worldSize }, (_, rank) => Int32Array.of(rank + 1));
    const results = await everyRank(world, (comm) => comm.scatter(comm.rank === root ? shares : undefined, root));
    expect(results).toEqual(shares);
  });

  it('scatters vectors at N=4', async () => {
    const world = await makeWorld(4);
    const shares = [0, 1, 2, 3].map((rank) => Int32Array.of(2 * rank + 1, 2 * rank + 2));
    expect(await everyRank(world, (comm) => comm.scatter(comm.rank === 0 ? shares : undefined, 0))).toEqual(shares);
  });

  it('scans a sum at N=32', async () => {
    const world = await makeWorld(32);
    const results = await everyRank(world, (comm) => comm.scan(Int32Array.of(comm.rank + 1), 'sum'));
    expect(results).toEqual(Array.from({ length: 32 }, (_, rank) => Int32Array.of(((rank + 1) * (rank + 2)) / 2)));
  });

  it('scans left to right at N=8', async () => {
    const world = await makeWorld(8);
    const results = await everyRank(world, (comm) => comm.scan(Int32Array.of(comm.rank), minus));
    expect(results.map(([prefix]) => prefix)).toEqual([0, -1, -3, -6, -10, -15, -21, -28]);
  });

  it('scans values and vectors at N=4: sum, product, max', async () => {
    const world = await makeWorld(4);
    const sums = await everyRank(world, (comm) => comm.scan(Int32Array.of(comm.rank + 1), 'sum'));
    expect(sums.map(([sum]) => sum)).toEqual([1, 3, 6, 10]);
    const vectors = await everyRank(world, ({ rank }) => {
      const vector = Int32Array.of(rank + 1, 2 * (rank + 1), rank + 1);
      return world[rank]!.scan(vector, sumProductMax);
    });
    expect(vectors).toEqual(
      [
        [1, 2, 1],
        [3, 8, 2],
        [6, 48, 3],
        [10, 384, 4],
      ].map((row) => Int32Array.from(row)),
    );
  });

  it('reduces an int32 product at N=13 to root 5, which wraps around', async () => {
    const world = await makeWorld(13);
    const results = await everyRank(world, (comm) => comm.reduce(Int32Array.of(comm.rank + 1), 'prod', 5));
    expect(results[5]).toEqual(Int32Array.of(1932053504));
    expect(results.filter((result) => result !== undefined)).toHaveLength(1);
  });

  it('reduces left to right where it matters, at N=8', async () => {
    const world = await makeWorld(8);
    expect((await everyRank(world, (comm) => comm.reduce(comm.rank + 1, minus, 0)))[0]).toBe(-34);
    expect((await everyRank(world, (comm) => comm.reduce(comm.rank + 1, minus, 3)))[3]).toBe(-34);
    expect(await everyRank(world, (comm) => comm.allreduce(comm.rank + 1, minus))).toEqual(Array(8).fill(-34));
    expect(await everyRank(world, (comm) => comm.allreduce(comm.rank + 1, plusInOrder))).toEqual(Array(8).fill(36));
  });

  it('allreduces a sum at N=8', async () => {
    const world = await makeWorld(8);
    const results = await everyRank(world, (comm) => comm.allreduce(Int32Array.of(comm.rank + 1), 'sum'));
    expect(results).toEqual(Array(8).fill(Int32Array.of(36)));
  });

  it('reduces and allreduces values and vectors at N=4', async () => {
    const world = await makeWorld(4);
    const one = (rank: number) => Int32Array.of(rank + 1);
    expect((await everyRank(world, (comm) => comm.reduce(one(comm.rank), 'sum', 0)))[0]).toEqual(Int32Array.of(10));
    expect(await everyRank(world, (comm) => comm.allreduce(one(comm.rank), 'sum'))).toEqual(
      Array(4).fill(Int32Array.of(10)),
    );
    // One operator for each place of the vector: sum, product, max.
    const sums = await everyRank(world, (comm) => comm.allreduce(Int32Array.of(comm.rank + 1), 'sum'));
    const products = await everyRank(world, (comm) => comm.allreduce(Int32Array.of(2 * (comm.rank + 1)), 'prod'));
    const maxima = await everyRank(world, (comm) => comm.allreduce(Int32Array.of(comm.rank + 1), 'max'));
    expect([sums[3]![0], products[3]![0], maxima[3]![0]]).toEqual([10, 384, 4]);
    const triple = (rank: number) => Int32Array.of(rank + 1, 2 * (rank + 1), rank + 1);
    expect(await everyRank(world, (comm) => comm.allreduce(triple(comm.rank), sumProductMax))).toEqual(
      Array(4).fill(Int32Array.of(10, 384, 4)),
    );
    const vector = (rank: number) => Int32Array.of(rank + 1, 2 * (rank + 1));
    expect((await everyRank(world, (comm) => comm.reduce(vector(comm.rank), sumThenProduct, 0)))[0]).toEqual(
      Int32Array.of(10, 384),
    );
    expect(await everyRank(world, (comm) => comm.allreduce(vector(comm.rank), sumThenProduct))).toEqual(
      Array(4).fill(Int32Array.of(10, 384)),
    );
  });
});

/** FMI's vector operator: the sum of the first elements, the product of the second. */
const sumThenProduct = {
  name: 'sumThenProduct',
  associative: true,
  commutative: true,
  combine(left: ArrayLike<number | bigint>, right: ArrayLike<number | bigint>, into: { [index: number]: unknown }) {
    into[0] = Number(left[0]) + Number(right[0]);
    into[1] = Number(left[1]) * Number(right[1]);
  },
};

/** The same, with the largest of the third elements. */
const sumProductMax = {
  ...sumThenProduct,
  name: 'sumProductMax',
  combine(left: ArrayLike<number | bigint>, right: ArrayLike<number | bigint>, into: { [index: number]: unknown }) {
    const largest = Math.max(Number(left[2]), Number(right[2]));
    sumThenProduct.combine(left, right, into);
    into[2] = largest;
  },
};
