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

/** The ranks have nowhere to meet but S3. */
export class RendezvousUnavailableError extends MusterError {
  readonly code = 'RENDEZVOUS_UNAVAILABLE';

  constructor(fault: string, options: { readonly remedy: string; readonly cause?: unknown }) {
    super(`The rendezvous cannot be used: ${fault}.`, options);
  }
}

/** What a message says of failed ranks: Step Functions cuts causes at 32,768 characters. */
const namedRanks = 10;
const causeLength = 1_000;

const shorten = (cause: string): string =>
  cause.length > causeLength ? `${cause.slice(0, causeLength)}... (all of it in summary.json)` : cause;

/** More ranks failed than the payload tolerates. Everything that was delivered is kept and summarised. */
export class RunFailedError extends MusterError {
  readonly code = 'RUN_FAILED';
  readonly failed: readonly FailedRank[];

  constructor(runId: string, expected: number, failed: readonly FailedRank[], resultPrefix: string) {
    const named = failed
      .slice(0, namedRanks)
      .map(({ rank, attempts, cause }) => `  - rank ${rank} (${attempts} attempts): ${shorten(cause)}`);
    if (failed.length > named.length)
      named.push(`  - and ${failed.length - named.length} more, all named in summary.json`);
    super(
      `${failed.length} of ${expected} ranks did not deliver; what the others wrote is kept under ${resultPrefix}:\n${named.join('\n')}`,
      { runId },
    );
    this.failed = failed;
  }
}
