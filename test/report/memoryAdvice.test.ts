import { describe, expect, it } from 'vitest';
import { adviseMemory, vcpusOf } from '../../report/memoryAdvice.js';
import { simulateRun } from './simulatedRun.js';

const { summary } = simulateRun(1);
const rank = { ...summary.rows[0], startedAtMs: 0, endedAtMs: 10_000, memoryMb: 4096, peakRssMb: 700, cpuTimeS: 2 };

describe('adviseMemory', () => {
  it('suggests what holds the peak with a fifth to spare, in steps of 64 MB', () => {
    expect(adviseMemory([rank, { ...rank, rank: 9, peakRssMb: 1000 }])).toEqual({
      configuredMb: 4096,
      peakMb: 1000,
      peakRank: 9,
      busyVcpus: 0.2,
      suggestedMb: 1216,
      decidedBy: 'memory',
      verdict: 'generous',
    });
  });

  it('keeps the vCPUs that the ranks used', () => {
    expect(adviseMemory([{ ...rank, cpuTimeS: 15 }])).toMatchObject({
      busyVcpus: 1.5,
      suggestedMb: 3200,
      decidedBy: 'processor',
      verdict: 'generous',
    });
    expect(adviseMemory([{ ...rank, cpuTimeS: 20 }])).toMatchObject({ verdict: 'fitting' });
  });

  it('warns when the peak nearly fills the memory, and stays within what Lambda offers', () => {
    expect(adviseMemory([{ ...rank, peakRssMb: 3900 }])).toMatchObject({ verdict: 'tight', suggestedMb: 4736 });
    expect(adviseMemory([{ ...rank, memoryMb: 10_240, peakRssMb: 10_000 }])?.suggestedMb).toBe(10_240);
    expect(adviseMemory([{ ...rank, peakRssMb: 1, cpuTimeS: 0 }])?.suggestedMb).toBe(128);
  });

  it('has none without ranks', () => expect(adviseMemory([])).toBeUndefined());

  it('counts a vCPU per 1,769 MB, six at most', () => {
    expect(vcpusOf(1769)).toBe(1);
    expect(vcpusOf(10_240)).toBeCloseTo(5.79, 2);
    expect(vcpusOf(20_000)).toBe(6);
  });
});
