import type { RankRow } from '../run/summary.js';

/** Megabytes of configured memory that bring one vCPU, and the most vCPUs that a function gets. */
const mbPerVcpu = 1769;
const mostVcpus = 6;

const leastMemoryMb = 128;
const mostMemoryMb = 10_240;

/** Room above the peak and above the processor time used, as a factor. */
const headroom = 1.2;

/** How memory was used, and what to configure instead. */
export interface MemoryAdvice {
  readonly configuredMb: number;
  /** Highest peak over the ranks. */
  readonly peakMb: number;
  readonly peakRank: number;
  /** vCPUs that the ranks kept busy on average. */
  readonly busyVcpus: number;
  /** The size that holds the peak and brings the vCPUs that were used, each with a fifth to spare. */
  readonly suggestedMb: number;
  /** What decides the suggestion. */
  readonly decidedBy: 'memory' | 'processor';
  readonly verdict: 'tight' | 'generous' | 'fitting';
}

/** vCPUs that a memory size brings: one per 1,769 MB, six at most (AWS Lambda, "Configure memory"). */
export const vcpusOf = (memoryMb: number): number => Math.min(mostVcpus, memoryMb / mbPerVcpu);

const sizeFor = (neededMb: number): number =>
  Math.min(mostMemoryMb, Math.max(leastMemoryMb, Math.ceil(neededMb / 64) * 64));

/** Advice from the ranks that delivered; undefined when there are none. */
export function adviseMemory(rows: readonly RankRow[]): MemoryAdvice | undefined {
  if (rows.length === 0) return undefined;
  const configuredMb = Math.max(...rows.map(({ memoryMb }) => memoryMb));
  const peak = rows.reduce((left, right) => (right.peakRssMb > left.peakRssMb ? right : left));
  const wallS = rows.reduce((sum, { startedAtMs, endedAtMs }) => sum + (endedAtMs - startedAtMs) / 1000, 0);
  const busyVcpus = wallS > 0 ? rows.reduce((sum, { cpuTimeS }) => sum + cpuTimeS, 0) / wallS : 0;
  const forMemoryMb = sizeFor(peak.peakRssMb * headroom);
  const forProcessorMb = sizeFor(Math.min(mostVcpus, busyVcpus * headroom) * mbPerVcpu);
  const suggestedMb = Math.max(forMemoryMb, forProcessorMb);
  return {
    configuredMb,
    peakMb: peak.peakRssMb,
    peakRank: peak.rank,
    busyVcpus,
    suggestedMb,
    decidedBy: forMemoryMb >= forProcessorMb ? 'memory' : 'processor',
    verdict: peak.peakRssMb > configuredMb * 0.9 ? 'tight' : suggestedMb <= configuredMb * 0.8 ? 'generous' : 'fitting',
  };
}
