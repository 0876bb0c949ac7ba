import { MusterError } from '../run/errors.js';
import type { FailedRank } from '../run/summary.js';

/** A run that was refused before any rank started; lists everything that is wrong. */
export class PreflightError extends MusterError {
  readonly code = 'PREFLIGHT';
  readonly faults: readonly string[];

  constructor(runId: string, faults: readonly string[]) {
    const lines = faults.map((fault) => `  - ${fault}`);
    super(`The run cannot start:\n${lines.join('\n')}`, { runId });
    this.faults = faults;
  }
}

/** More ranks failed than the payload tolerates. Everything that was delivered is kept and summarised. */
export class RunFailedError extends MusterError {
  readonly code = 'RUN_FAILED';
  readonly failed: readonly FailedRank[];

  constructor(runId: string, expected: number, failed: readonly FailedRank[], resultPrefix: string) {
    const named = failed
      .slice(0, 10)
      .map(({ rank, attempts, cause }) => `  - rank ${rank} (${attempts} attempts): ${cause}`);
    if (failed.length > named.length)
      named.push(`  - and ${failed.length - named.length} more, all named in summary.json`);
    super(
      `${failed.length} of ${expected} ranks did not deliver; what the others wrote is kept under ${resultPrefix}:\n${named.join('\n')}`,
      { runId },
    );
    this.failed = failed;
  }
}
