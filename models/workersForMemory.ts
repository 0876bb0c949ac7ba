import { availableParallelism } from 'node:os';

/** Memory that comes with one vCPU on AWS Lambda (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const memoryMbPerVcpu = 1769;
/** The most vCPUs that a Lambda function has, at 10,240 MB. */
const maxVcpus = 6;

/**
 * Inference workers for a Lambda function of the given memory: one a whole vCPU of its share, at least one, and no more
 * than the machine has processors.
 */
export function workersForMemory(memoryMb: number, processors: number = availableParallelism()): number {
  return Math.max(1, Math.min(Math.floor(memoryMb / memoryMbPerVcpu), maxVcpus, processors));
}
