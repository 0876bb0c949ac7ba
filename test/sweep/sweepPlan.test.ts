import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SweepFileError } from '../../sweep/errors.js';
import { partitionCount } from '../../sweep/partitionCount.js';
import { parseSweep } from '../../sweep/sweepFile.js';
import { plannedRuns, runKey, sweepPoints } from '../../sweep/sweepPlan.js';

const folder = new URL('../../examples/sweeps/', import.meta.url);
const minimal = { name: 'x', payload: {}, vary: { batch_size: [1, 2] } };

const faultsOf = (value: unknown): string[] => {
  try {
    parseSweep(value);
  } catch (error) {
    if (error instanceof SweepFileError) return error.faults.map(({ key }) => key);
    throw error;
  }
  return [];
};

describe('parseSweep', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.json')))(
    'reads the example %s and its quick variant',
    (name) => {
      const value = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      expect(`${parseSweep(value).name}.json`).toBe(name);
      const quick = plannedRuns(parseSweep(value, true));
      expect(quick.length).toBeGreaterThan(3);
      expect(quick.length).toBeLessThanOrEqual(12);
    },
  );

  it('names every fault at once', () => {
    const faults = faultsOf({
      ...minimal,
      payload: { batch_size: 3 },
      vary: { batch_size: [1, 1], partition_mb: [5], failure_rate: [0.5], world_size: [2] },
      scaling: 'weak',
      repeat: 3,
    });
    expect(faults).toEqual(
      expect.arrayContaining([
        'repeat',
        'vary.batch_size',
        'vary.data_gb',
        'data',
        'vary.failure_rate',
        'vary.world_size',
        'payload.batch_size',
      ]),
    );
  });

  it('refuses --quick for a file without such a variant', () => {
    expect(() => parseSweep(minimal, true)).toThrow('quick');
  });
});

describe('plannedRuns', () => {
  const vary = fc.record({
    batch_size: fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 }),
    memory_mb: fc.uniqueArray(fc.integer({ min: 128, max: 10_240 }), { minLength: 1, maxLength: 4 }),
  });

  it('has every point as often as there are repeats, round by round, in an order that the seed decides', () => {
    fc.assert(
      fc.property(
        vary,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4_294_967_295 }),
        (factors, repeats, seed) => {
          const sweep = parseSweep({ ...minimal, vary: factors, repeats, seed });
          const points = sweepPoints(sweep);
          const runs = plannedRuns(sweep);
          expect(points).toHaveLength(factors.batch_size.length * factors.memory_mb.length);
          expect(new Set(runs.map(runKey)).size).toBe(points.length * repeats);
          for (let round = 0; round < repeats; round++) {
            const made = runs.slice(round * points.length, (round + 1) * points.length);
            expect(made.map(({ point }) => point.index).sort((a, b) => a - b)).toEqual(
              points.map(({ index }) => index),
            );
            expect(new Set(made.map(({ repeat }) => repeat))).toEqual(new Set([round + 1]));
          }
          expect(plannedRuns(sweep)).toEqual(runs);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has another order for another seed', () => {
    const sweep = { ...minimal, vary: { batch_size: [1, 2, 3, 4, 5, 6, 7, 8] } };
    const orders = [0, 1, 2, 3].map((seed) =>
      plannedRuns(parseSweep({ ...sweep, seed }))
        .map(runKey)
        .join(),
    );
    expect(new Set(orders).size).toBe(4);
  });
});

describe('partitionCount', () => {
  it.each([
    [25, 517],
    [50, 259],
    [75, 173],
    [100, 130],
  ])('deals the 12.6 GB of CosmicAI in partitions of %i MB as its authors did: %i', (partitionMb, partitions) => {
    expect(partitionCount({ partition_mb: partitionMb, data_gb: 12.6 }, undefined, 20_504)).toBe(partitions);
  });

  it('has the data of one rank for each rank in weak scaling', () => {
    const factors = { partition_mb: 5, samples: 300, world_size: 4 };
    expect(partitionCount(factors, 'weak', 20_504)).toBe(8);
    expect(partitionCount(factors, 'strong', 20_504)).toBe(2);
  });
});
