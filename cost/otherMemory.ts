import type { BilledInvocation } from '../run/usage.js';
import { gbSecondsOf } from './lambdaLines.js';
import { type Architecture, priceOfGbSeconds, type RegionPrices } from './prices.js';

/** What a run's Lambda compute would come to at another memory size. */
export interface OtherMemory {
  readonly memoryMb: number;
  /** If every attempt took as long as it did: what waits for S3 does not get faster with more memory, nor slower with less. */
  readonly usdSameTime: number;
  /** If every attempt's time went with the vCPUs, as what computes on all of them does. */
  readonly usdTimeByVcpus: number;
  /** Whether the most memory that an attempt used fits; null where that is not known. */
  readonly fits: boolean | null;
}

/** Megabytes that give a function one vCPU, and the most vCPUs there are; Lambda's documentation. */
const mbPerVcpu = 1_769;
const mostVcpus = 6;

const vcpusOf = (memoryMb: number): number => Math.min(mostVcpus, memoryMb / mbPerVcpu);

/** Bounds for the compute of the ranks, failed attempts included, at other memory sizes; the truth lies between them. */
export function atOtherMemory(
  invocations: readonly BilledInvocation[],
  memoryMb: number,
  architecture: Architecture,
  { lambda }: RegionPrices,
): OtherMemory {
  const tiers = lambda.compute[architecture];
  const ranks = invocations.filter(({ role }) => role === 'rank' || role === 'function');
  const gbSeconds = (slowdown: (invocation: BilledInvocation) => number) =>
    ranks.reduce((sum, rank) => sum + (gbSecondsOf(rank) / rank.memoryMb) * memoryMb * slowdown(rank), 0);
  const used = ranks.flatMap(({ maxMemoryUsedMb }) => maxMemoryUsedMb ?? []);
  return {
    memoryMb,
    usdSameTime: priceOfGbSeconds(
      tiers,
      gbSeconds(() => 1),
    ),
    usdTimeByVcpus: priceOfGbSeconds(
      tiers,
      gbSeconds((rank) => vcpusOf(rank.memoryMb) / vcpusOf(memoryMb)),
    ),
    fits: used.length === 0 ? null : used.every((usedMb) => usedMb <= memoryMb),
  };
}
