import { describe, expect, it } from 'vitest';
import { atOtherMemory } from '../../cost/otherMemory.js';
import { defaultPriceTable, pricesOf } from '../../cost/prices.js';
import type { BilledInvocation } from '../../run/usage.js';

const { prices } = pricesOf(defaultPriceTable, 'us-east-1');
const rank: BilledInvocation = {
  functionName: 'executor',
  requestId: 'a',
  role: 'rank',
  memoryMb: 1769,
  billedMs: 10_000,
  estimatedMs: 9_000,
  ephemeralStorageMb: 512,
  failed: false,
  maxMemoryUsedMb: 900,
};
const at = (memoryMb: number, invocations = [rank]) => atOtherMemory(invocations, memoryMb, 'x86_64', prices);
const usdOf = (memoryMb: number, seconds: number) => (memoryMb / 1024) * seconds * 0.0000166667;

describe('another memory size', () => {
  it('costs in proportion where the time stays, and the same where it goes with the vCPUs', () => {
    const { usdSameTime, usdTimeByVcpus } = at(3538);
    expect(usdSameTime).toBeCloseTo(usdOf(3538, 10), 12);
    expect(usdTimeByVcpus).toBeCloseTo(usdOf(1769, 10), 12);
    expect(at(1769)).toMatchObject({ usdSameTime: usdOf(1769, 10), usdTimeByVcpus: usdOf(1769, 10) });
  });

  it('brings no more than the six vCPUs that there are', () => {
    const six = { ...rank, memoryMb: 10_240 };
    // 10,240 MB would be 5.8 vCPUs by proportion.
    expect(at(5120, [six]).usdTimeByVcpus).toBeCloseTo(usdOf(10_240, 10), 12);
  });

  it('counts attempts that failed, and nothing but the ranks', () => {
    const others: BilledInvocation[] = [
      { ...rank, requestId: 'b', failed: true },
      { ...rank, requestId: 'c', role: 'coordinator' },
      { ...rank, requestId: 'd', role: 'collector' },
    ];
    expect(at(1769, [rank, ...others]).usdSameTime).toBeCloseTo(2 * usdOf(1769, 10), 12);
  });

  it('says whether what was used fits', () => {
    expect([at(900).fits, at(899).fits]).toEqual([true, false]);
    expect(at(128, [{ ...rank, maxMemoryUsedMb: undefined }]).fits).toBeNull();
  });
});
