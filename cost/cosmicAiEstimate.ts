/** What CosmicAI's cost formula is fed with. */
export interface MaxMemoryUsedInput {
  readonly requests: number;
  /** Mean duration of a request. */
  readonly durationS: number;
  /** Mean of the most memory that a request used, in GB. */
  readonly memoryGb: number;
}

/** Dollars a GB-second in CosmicAI's formula. */
const usdPerGbSecond = 0.00001667;

/**
 * Cost by the formula of CosmicAI's cost table: requests x duration x memory used x 0.00001667. It is not what AWS bills:
 * Lambda bills configured memory, whatever is used of it.
 *
 * Source: README of "Scalable Cosmic AI Inference using Cloud Serverless Computing" (arXiv 2501.06249).
 */
export function maxMemoryUsedUsd({ requests, durationS, memoryGb }: MaxMemoryUsedInput): number {
  return requests * durationS * memoryGb * usdPerGbSecond;
}
