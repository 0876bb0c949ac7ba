import type { RunSummary } from './summary.js';

/** Bits and samples per second. */
export interface Rates {
  readonly bitsPerSecond: number;
  readonly samplesPerSecond: number;
}

/** What is wrong with the results of a run, so that its figures are not those of the whole run. */
export interface CompletenessFault {
  /** Stable. */
  readonly code: 'MISSING_RANKS' | 'SURPLUS_RECORDS' | 'DUPLICATES' | 'FULL_PAGE' | 'FOREIGN_RECORDS' | 'FAILED_RUN';
  /** Names what is missing, as far as it can be known. */
  readonly message: string;
}

/**
 * What the summary of a run and the published results of another system both tell, in the summary's terms, so that they
 * stand in one table and one plot.
 */
export interface ComparedRun extends Pick<RunSummary, 'runId' | 'partitions' | 'samples' | 'bytes' | 'cpuTimeS'> {
  readonly origin: 'muster' | 'cosmic-ai';
  /** Where the figures were read. */
  readonly path: string;
  /** Size of a partition in MB of 2^20 bytes, as the experiment names it, else the mean. */
  readonly partitionMb: number;
  /** Size of the data in GB of 2^30 bytes, as the experiment names it, else as read. */
  readonly dataGb: number;
  /** Which repetition of the experiment; null when it is not told. */
  readonly repetition: number | null;
  /** Ranks that delivered, and those of the world; null when nothing tells how many there were. */
  readonly ranks: { readonly succeeded: number; readonly expected: number | null };
  /** Of the whole execution; null when it was not recorded. */
  readonly wallMs: number | null;
  /** All data / `wallMs`. */
  readonly overall: Rates | null;
  /** Sum over ranks of data / CPU time. */
  readonly sumOverRanks: Rates | null;
  /** Empty: complete. */
  readonly faults: readonly CompletenessFault[];
}
