import { availableParallelism } from 'node:os';

/** Memory that comes with one vCPU on AWS Lambda (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const memoryMbPerVcpu = 1769;
/** The most vCPUs that a Lambda function has, at 10,240 MB. */
const maxVcpus = 6;

/**
 * Inference workers for a Lambda function of the given memory: its share of vCPUs, rounded to the nearest whole one (10,240
 * MB are 5.8 vCPUs, of which five workers would leave a seventh idle), at least one, and no more than the machine has
 * processors.
 */
export function workersForMemory(memoryMb: number, processors: number = availableParallelism()): number {
  return Math.max(1, Math.min(Math.round(memoryMb / memoryMbPerVcpu), maxVcpus, processors));
}
