import { describe, expect, it } from 'vitest';
import { operators } from '../../collectives/namedOperators.js';
import { elementwise } from '../../collectives/operators.js';
import { crossovers } from './crossovers.js';
import { bits, reduced } from './model.js';
import { everyRank, memoryWorld } from './worlds.js';

const minus = elementwise({ name: 'minus', associative: false, commutative: false, number: (a, b) => a - b });

describe('a result in memory of the caller', () => {
  it.each(Object.entries(crossovers))('is what it is elsewhere, with the %s algorithms', async (_, crossover) => {
    for (const size of [1, 2, 3, 4, 7, 8]) {
      const world = memoryWorld(size, undefined, { crossover });
      for (const length of [0, 1, 3, 40, 130]) {
        for (const operator of [operators.sum, minus]) {
          const ranks = world.map(({ rank }) => Float64Array.from({ length }, (_, i) => Math.sin(rank * 31 + i)));
          const before = ranks.map(bits);
          // In the middle of something else, which must stay as it is.
          const memories = world.map(() => new Float64Array(length + 2).fill(7));
          const results = await everyRank(world, (comm) =>
            comm.allreduce(ranks[comm.rank]!, operator, { into: memories[comm.rank]!.subarray(1, length + 1) }),
          );
          const expected = bits(reduced(ranks, operator));
          for (const [rank, result] of results.entries()) {
            expect(result.buffer).toBe(memories[rank]!.buffer);
            expect(bits(result)).toBe(expected);
            expect([memories[rank]![0], memories[rank]!.at(-1)]).toEqual([7, 7]);
          }
          expect(ranks.map(bits)).toEqual(before);
        }
        const own = Buffer.from(Array.from({ length }, (_, i) => i % 251));
        const places = world.map(({ rank }) => (rank === size - 1 ? own : Buffer.alloc(length)));
        const arrived = await everyRank(world, (comm) =>
          comm.bcast(comm.rank === size - 1 ? own : undefined, size - 1, { into: places[comm.rank]! }),
        );
        for (const [rank, bytes] of arrived.entries()) {
          expect(bytes).toBe(places[rank]);
          expect(bytes.equals(own)).toBe(true);
        }
      }
    }
  });

  it('is refused where it is of another type or length, or shares memory with the input', async () => {
    const [world] = memoryWorld(1);
    const memory = new Float64Array(8);
    const own = memory.subarray(0, 4);
    const into = (place: Float64Array) => world!.allreduce(own, 'sum', { into: place });
    await expect(into(memory.subarray(3, 7))).rejects.toThrow(/into shares memory with the data/);
    await expect(into(new Float64Array(5))).rejects.toThrow(/into is Float64Array\(5\), the data Float64Array\(4\)/);
    await expect(into(memory.subarray(4))).resolves.toEqual(new Float64Array(4));
    await expect(world!.bcast('text', 0, { into: 'text' })).rejects.toThrow(/into is no typed array and no Buffer/);
  });

  it('is refused by a rank that is sent something else', async () => {
    const world = memoryWorld(2);
    const [, there] = await Promise.allSettled([
      world[0]!.bcast(new Float32Array(4), 0),
      world[1]!.bcast(undefined, 0, { into: new Float32Array(5) }),
    ]);
    expect(there).toMatchObject({ status: 'rejected', reason: { code: 'COLLECTIVE_DATA_MISMATCH' } });
  });
});
