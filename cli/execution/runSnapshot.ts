/** How a run stands, in the words of the command's answers. */
export type RunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';

/** Where a run writes; known once Initialize has claimed the prefix. */
export interface RunAddress {
  readonly bucket: string;
  /** Without a slash at its end. */
  readonly resultPrefix: string;
  readonly worldSize: number;
}

/** Ranks by what they do; they add up to the world size. */
export interface RankCounts {
  readonly expected: number;
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

/** Why an execution did not succeed. */
export interface RunFault {
  readonly name: string;
  readonly message: string;
}

/** One look at a run. */
export interface RunSnapshot {
  readonly runId: string;
  readonly status: RunStatus;
  /** The state that was entered last. */
  readonly stateName: string | undefined;
  readonly address: RunAddress | undefined;
  readonly ranks: RankCounts | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  /** When the ranks began to start. */
  readonly mapStartedAtMs: number | undefined;
  /** When the last rank was through. */
  readonly mapEndedAtMs: number | undefined;
  readonly fault: RunFault | undefined;
}

export const hasEnded = ({ status }: Pick<RunSnapshot, 'status'>): boolean => status !== 'RUNNING';
