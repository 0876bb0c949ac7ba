import { describe, expect, it } from 'vitest';
import { KeyedRandom, type randomStreams } from '../../../models/galaxies/keyedRandom.js';
import { type PhiloxBlock, philox } from '../../../models/galaxies/philox.js';

const ones = 0xffff_ffff;

describe('philox', () => {
  it.each<{ counter: PhiloxBlock; key: [number, number]; block: PhiloxBlock }>([
    { counter: [0, 0, 0, 0], key: [0, 0], block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    { counter: [ones, ones, ones, ones], key: [ones, ones], block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('gives the known answers of Random123', ({ counter, key, block }) => {
    expect(philox(counter, ...key)).toEqual(block);
  });
});

describe('KeyedRandom', () => {
  const draws = (count: number, draw: (random: KeyedRandom) => number): number[] => {
    const random = new KeyedRandom(1, 2, 'shape');
    return Array.from({ length: count }, () => draw(random));
  };
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('repeats itself for the same key and for no other', () => {
    const first = (seed: number, index: number, stream: keyof typeof randomStreams) =>
      new KeyedRandom(seed, index, stream).uniform();
    const keys = [0, 1, 2 ** 32, 2 ** 32 + 1].flatMap((seed) =>
      [0, 1, 2 ** 32, 2 ** 40].flatMap((index) =>
        (['catalogue', 'shape', 'neighbour', 'observation'] as const).map((stream) => ({ seed, index, stream })),
      ),
    );
    const values = keys.map(({ seed, index, stream }) => first(seed, index, stream));
    expect(keys.map(({ seed, index, stream }) => first(seed, index, stream))).toEqual(values);
    expect(new Set(values).size).toBe(keys.length);
  });

  it.each([
    { name: 'uniform', draw: (r: KeyedRandom) => r.uniform(2, 5), mean: 3.5, variance: 0.75 },
    { name: 'normal', draw: (r: KeyedRandom) => r.normal(-1, 2), mean: -1, variance: 4 },
    { name: 'gamma', draw: (r: KeyedRandom) => r.gamma(2.2, 0.6), mean: 1.32, variance: 0.792 },
    { name: 'beta', draw: (r: KeyedRandom) => r.beta(9, 1.6), mean: 0.8491, variance: 0.011_05 },
    { name: 'exponential', draw: (r: KeyedRandom) => r.exponential(0.11), mean: 0.11, variance: 0.0121 },
    { name: 'chance', draw: (r: KeyedRandom) => Number(r.chance(0.15)), mean: 0.15, variance: 0.1275 },
  ])('draws $name with its mean and variance', ({ draw, ...expected }) => {
    const values = draws(40_000, draw);
    const found = mean(values);
    expect(Math.abs(found - expected.mean)).toBeLessThan(4 * Math.sqrt(expected.variance / values.length));
    const variance = mean(values.map((value) => (value - found) ** 2));
    expect(variance / expected.variance).toBeGreaterThan(0.95);
    expect(variance / expected.variance).toBeLessThan(1.05);
  });
});
