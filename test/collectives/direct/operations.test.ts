import { deepStrictEqual } from 'node:assert/strict';
import { expect, it, onTestFinished } from 'vitest';
import { evenRanges } from '../../../collectives/algorithms/ranges.js';
import type { Communicator } from '../../../collectives/communicator.js';
import { operators } from '../../../collectives/namedOperators.js';
import { bits, reduced, scannedByDoubling, scannedFromLeft } from '../model.js';
import { type DirectRank, DirectWorlds } from './directWorlds.js';

/** Every operation at once, on arrays that are shorter or longer than the crossovers of the shipped table. */
async function everything(comm: Communicator, own: Float32Array, shares: readonly Float32Array[]) {
  const [all, toRoot, share, inclusive, exclusive, first, gathered, mine, everyone, swapped] = await Promise.all([
    comm.allreduce(own, 'sum'),
    comm.reduce(own, 'sum', 1),
    comm.reduceScatter(own, 'sum'),
    comm.scan(own, 'sum'),
    comm.exscan(own, 'sum'),
    comm.bcast(comm.rank === 0 ? own : undefined, 0),
    comm.gather(own, 0),
    comm.scatter(comm.rank === 0 ? shares : undefined, 0),
    comm.allgather(own),
    comm.alltoall(shares),
  ]);
  return { all, toRoot, share, inclusive, exclusive, first, gathered, mine, everyone, swapped };
}

async function agreesWithModel(ranks: readonly DirectRank[], length: number): Promise<void> {
  const data = ranks.map((_, rank) => Float32Array.from({ length }, (_, i) => Math.sin(rank * 7919 + i) * 1000));
  const results = await Promise.all(ranks.map(({ communicator }, rank) => everything(communicator, data[rank]!, data)));
  const whole = reduced(data, operators.sum);
  const scanned = (length > 1000 ? scannedFromLeft : scannedByDoubling)(data, operators.sum);
  const ranges = evenRanges(length, ranks.length);
  for (const [rank, result] of results.entries()) {
    expect(bits(result.all)).toBe(bits(whole));
    expect(bits(result.toRoot)).toBe(rank === 1 ? bits(whole) : 'none');
    expect(bits(result.share)).toBe(bits(whole.subarray(ranges[rank]!.start, ranges[rank]!.end)));
    expect(bits(result.inclusive)).toBe(bits(scanned[rank]));
    expect(bits(result.exclusive)).toBe(bits(scanned[rank - 1]));
    deepStrictEqual(result.first, data[0]);
    deepStrictEqual(result.gathered, rank === 0 ? data : undefined);
    deepStrictEqual(result.mine, data[rank]);
    deepStrictEqual(result.everyone, data);
    deepStrictEqual(
      result.swapped,
      data.map(() => data[rank]),
    );
  }
}

it.each([
  [2, 'polled'],
  [3, 'polled'],
  [5, 'polled'],
  [3, 'plain'],
] as const)(
  'every operation has the same bits over the relay and over links, at world size %i with %s sockets',
  async (size, sockets) => {
    const worlds = await DirectWorlds.start({}, sockets === 'plain');
    onTestFinished(() => worlds.stop());
    const ranks = await worlds.world(size);
    const isLinked = () =>
      ranks.every(
        ({ channel }) =>
          channel.paths.size === size - 1 && [...channel.paths.values()].every(({ kind }) => kind === 'direct'),
      );
    // The relay carries what comes before the links are made; the pairwise algorithms need all of them.
    do for (const length of [3, 100_000]) await agreesWithModel(ranks, length);
    while (!isLinked());
    for (const length of [0, 1, 100, 100_000]) await agreesWithModel(ranks, length);
  },
);
