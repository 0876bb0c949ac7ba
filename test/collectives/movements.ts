import fc from 'fast-check';
import { expect } from 'vitest';
import type { Data } from '../../collectives/datatypes.js';
import { makers, values } from './reductions.js';
import { everyRank, type World } from './worlds.js';

/** Anything that can be sent, of lengths around the crossovers. */
const data: fc.Arbitrary<Data> = fc.oneof(
  fc
    .record({ maker: fc.constantFrom(...makers), list: fc.array(values, { maxLength: 12 }) })
    .map(({ maker, list }) => maker(list)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.double(),
  fc
    .jsonValue()
    // JSON as `JSON.parse` gives it: no -0, no `__proto__`.
    .filter((value) => value !== undefined && !/__proto__/.test(JSON.stringify(value)))
    .map((value): Data => JSON.parse(JSON.stringify(value))),
);

/** For each rank a datum for each rank. */
export const tablesOf = (sizes: fc.Arbitrary<number>): fc.Arbitrary<Data[][]> =>
  sizes.chain((size) =>
    fc.array(fc.array(data, { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
  );

/** Moves a table in every way at once; `table[r][i]` is what rank r has for rank i. */
export async function movesAsItWas(world: World, table: readonly Data[][], root: number): Promise<void> {
  const size = table.length;
  const next = (rank: number) => (rank + 1) % size;
  const previous = (rank: number) => (rank + size - 1) % size;
  const results = await everyRank(world, async (comm) => {
    const { rank } = comm;
    const mine = table[rank]!;
    const own = mine[0]!;
    return Promise.all([
      comm.bcast(rank === root ? own : undefined, root),
      comm.gather(own, root),
      comm.scatter(rank === root ? mine : undefined, root),
      comm.allgather(own),
      comm.alltoall(mine),
      comm.sendrecv(own, next(rank), previous(rank), { sendTag: rank, receiveTag: previous(rank) }),
      comm.barrier(),
    ]);
  });
  const firsts = table.map(([own]) => own);
  for (const [rank, [broadcast, gathered, scattered, everyone, swapped, fromPrevious]] of results.entries()) {
    expect(broadcast).toEqual(firsts[root]);
    expect(gathered).toEqual(rank === root ? firsts : undefined);
    expect(scattered).toEqual(table[root]![rank]);
    expect(everyone).toEqual(firsts);
    expect(swapped).toEqual(table.map((row) => row[rank]));
    expect(fromPrevious).toEqual(firsts[previous(rank)]);
  }
}
