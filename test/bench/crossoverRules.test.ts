import { describe, expect, it } from 'vitest';
import { interpolated, sizeRules, worldRules } from '../../bench/crossoverRules.js';

describe('the rules that a measurement gives', () => {
  const sizes = [1, 4, 16, 64];

  it('change where another algorithm becomes faster by more than noise, and never back', () => {
    const rows = [
      { tree: 10, ring: 30 },
      { tree: 20, ring: 19.9 },
      { tree: 40, ring: 30 },
      { tree: 50, ring: 60 },
    ];
    expect(sizeRules(rows, sizes, ['tree', 'ring'])).toEqual([
      { algorithm: 'tree', maxBytes: 4 },
      { algorithm: 'ring' },
    ]);
  });

  it('are not changed by one odd figure', () => {
    const rows = [
      { tree: 10, pairwise: 30, halving: 30 },
      { tree: 40, pairwise: 30, halving: 26 },
      { tree: 90, pairwise: 50, halving: 70 },
      { tree: 300, pairwise: 100, halving: 260 },
    ];
    expect(sizeRules(rows, sizes, ['tree', 'pairwise', 'halving'])).toEqual([
      { algorithm: 'tree', maxBytes: 1 },
      { algorithm: 'pairwise' },
    ]);
  });

  it('may leave an algorithm out', () => {
    const rows = sizes.map((size) => ({ tree: size, pairwise: 100, halving: size < 16 ? 99 : 3 }));
    expect(sizeRules(rows, sizes, ['tree', 'pairwise', 'halving'])).toEqual([
      { algorithm: 'tree', maxBytes: 4 },
      { algorithm: 'halving' },
    ]);
  });
});

describe('world sizes between those that were measured', () => {
  const rules = (maxBytes: number) => [{ algorithm: 'tree', maxBytes }, { algorithm: 'ring' }];

  it('change at sizes between', () => {
    const bands = interpolated([
      { worldSize: 8, rules: rules(1024) },
      { worldSize: 4, rules: rules(65_536) },
    ]);
    expect(bands).toEqual([
      { worldSize: 4, rules: rules(65_536) },
      { worldSize: 6, rules: rules(8192) },
      { worldSize: 8, rules: rules(1024) },
    ]);
  });

  it('go with the larger world where the algorithms are others', () => {
    const alone = [{ algorithm: 'ring' }];
    const bands = interpolated([
      { worldSize: 2, rules: rules(1024) },
      { worldSize: 4, rules: alone },
    ]);
    expect(bands.map(({ worldSize }) => worldSize)).toEqual([2, 3, 4]);
    expect(bands[1]?.rules).toEqual(alone);
  });

  it('are told once where they do the same', () => {
    const bands = [2, 3, 4].map((worldSize) => ({ worldSize, rules: rules(worldSize === 2 ? 16 : 64) }));
    expect(worldRules(bands, rules(64))).toEqual([
      { algorithm: 'tree', maxBytes: 16, maxWorldSize: 2 },
      { algorithm: 'ring', maxWorldSize: 2 },
      { algorithm: 'tree', maxBytes: 64 },
      { algorithm: 'ring' },
    ]);
  });
});
