import { describe, expect, it } from 'vitest';
import type { BenchWorld } from '../../../cli/bench/benchWorld.js';
import { measure } from '../../../cli/bench/measure.js';
import { type BenchOperation, type OperationName, operationNames, operations } from '../../../cli/bench/operations.js';
import { rowOf } from '../../../cli/bench/rankGroup.js';
import { memoryWorld } from '../../collectives/worlds.js';

function timeAll(worlds: readonly BenchWorld[], operation: OperationName, bytes = 40, iterations = 3) {
  return Promise.all(worlds.map((world) => measure(world, { operation, bytes, iterations, warmUps: 1 })));
}

describe('a measurement', () => {
  it.each(operationNames)('times %s at every rank that takes part, and its result is right', async (operation) => {
    const worlds = memoryWorld(3);
    const times = await timeAll(worlds, operation);
    const { kind }: BenchOperation = operations[operation];
    const taking = kind === 'pair' ? times.slice(0, 2) : times;
    for (const time of taking) expect(time).toBeGreaterThan(0);
    expect(times.slice(taking.length).every((time) => time === undefined)).toBe(true);
  });

  it('refuses a world whose results are wrong', async () => {
    const worlds: BenchWorld[] = memoryWorld(2).map((world) => ({
      rank: world.rank,
      worldSize: world.worldSize,
      barrier: () => world.barrier(),
      send: (data, to) => world.send(data, to),
      recv: (from) => world.recv(from),
      allreduce: async (data) => data,
      close: () => world.close(),
    }));
    await expect(timeAll(worlds, 'allreduce')).rejects.toThrow(/allreduce of 40 bytes at rank \d is wrong: element 0/);
    expect(await timeAll(worlds, 'bcast')).toEqual([undefined, undefined]);
  });

  it('runs an operation once to check it, then warms up, then times it, with a barrier before each', async () => {
    const [world] = memoryWorld(1);
    const calls: string[] = [];
    const spied: BenchWorld = {
      rank: 0,
      worldSize: 1,
      barrier: async () => void calls.push('barrier'),
      send: (data, to) => world!.send(data, to),
      recv: (from) => world!.recv(from),
      bcast: async (data) => {
        calls.push('bcast');
        return data ?? Buffer.alloc(0);
      },
      close: () => world!.close(),
    };
    await measure(spied, { operation: 'bcast', bytes: 8, iterations: 2, warmUps: 1 });
    const timed = ['barrier', 'bcast'];
    expect(calls).toEqual(['bcast', ...timed, ...timed, ...timed, 'barrier']);
  });
});

describe('a row', () => {
  it('has the mean, the least and the most over the ranks', () => {
    expect(rowOf('relay', 2, 'barrier', 0, 10, [1, 3])).toEqual({
      channel: 'relay',
      ranks: 2,
      operation: 'barrier',
      bytes: 0,
      iterations: 10,
      avgUs: 2,
      minUs: 1,
      maxUs: 3,
    });
  });

  it.each([
    ['allreduce', 4, 1.5],
    ['bcast', 4, 1],
    ['allgather', 4, 3],
    ['reduceScatter', 4, 0.75],
  ] as const)('has the bus bandwidth of nccl-tests: %s at %i ranks is %f of the other', (operation, ranks, factor) => {
    const { mbPerS, busMbPerS } = rowOf('relay', ranks, operation, 1_000_000, 1, [1000]);
    expect(mbPerS).toBeCloseTo(1000);
    expect(busMbPerS).toBeCloseTo(1000 * factor);
  });
});
