import { describe, expect, it } from 'vitest';
import { defaultPriceTable } from '../../cost/prices.js';
import { runningCostUsd } from '../../cost/runningCost.js';

describe('runningCostUsd', () => {
  const setup = {
    memoryMb: 2048,
    architecture: 'x86_64',
    region: 'us-east-1',
    pricesTable: defaultPriceTable,
  } as const;

  it('is nothing before the first rank starts', () => {
    expect(runningCostUsd({ ...setup, ranks: [], nowMs: 5000 })).toBe(0);
  });

  it('counts running ranks up to now and ended ranks up to their end', () => {
    const ranks = [{ startedAtMs: 1000 }, { startedAtMs: 1000, endedAtMs: 4000 }];
    const usd = runningCostUsd({ ...setup, ranks, nowMs: 11_000 });
    expect(usd).toBeCloseTo(2 * 13 * 0.0000166667 + 2 * 0.0000002, 12);
  });

  it('counts a rank whose clock runs ahead as just begun', () => {
    expect(runningCostUsd({ ...setup, ranks: [{ startedAtMs: 2000 }], nowMs: 1000 })).toBeCloseTo(0.0000002, 12);
  });
});
