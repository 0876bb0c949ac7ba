import { MusterError } from '../run/errors.js';

/** A price table that cannot be used; lists every fault. */
export class PriceTableError extends MusterError {
  readonly code = 'INVALID_PRICE_TABLE';
  readonly faults: readonly string[];

  constructor(name: string, faults: readonly string[], cause?: unknown) {
    super(`${name} is not a price table:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`, {
      remedy: 'Start from cost/priceTable.json, which has every figure that a bill needs.',
      cause,
    });
    this.faults = faults;
  }
}

/** An architecture that Lambda does not have. */
export class UnknownArchitectureError extends MusterError {
  readonly code = 'UNKNOWN_ARCHITECTURE';

  constructor(found: string) {
    super(`Lambda has no architecture "${found}".`, { remedy: 'Expected x86_64 (or x64) or arm64.' });
  }
}

/** A quantity that cannot be billed, such as negative or NaN milliseconds; lists every fault. */
export class BillInputError extends MusterError {
  readonly code = 'INVALID_BILL_INPUT';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The bill cannot be computed:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** CloudWatch Logs ended a query without completing it. */
export class ReportQueryError extends MusterError {
  readonly code = 'REPORT_QUERY_FAILED';
  override readonly retryable = true;

  constructor(logGroup: string, queryId: string, status: string) {
    super(`The Logs Insights query ${queryId} on ${logGroup} ended as ${status}, expected Complete.`, {
      remedy: 'Run it again; if it fails again, narrow the time window.',
    });
  }
}

/** The log group was not there until the time was up. */
export class LogGroupNotFoundError extends MusterError {
  readonly code = 'LOG_GROUP_NOT_FOUND';

  constructor(logGroup: string, cause: unknown) {
    super(`There is no log group ${logGroup}.`, {
      remedy: 'Lambda makes it at the first invocation: check the function name, the region and the account.',
      cause,
    });
  }
}

/** A run that says nothing of how fast anything is. */
export class CalibrationError extends MusterError {
  readonly code = 'CALIBRATION';

  constructor(runId: string) {
    super(`Run ${runId} cannot calibrate a forecast: none of its ranks worked on a sample.`, {
      remedy: 'Take the summary.json of a run that succeeded.',
    });
  }
}

/** Pilot runs that a model cannot be fitted to; lists every fault. */
export class PilotRunsError extends MusterError {
  readonly code = 'INVALID_PILOT_RUNS';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The planner cannot be fitted to these runs:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`, {
      remedy:
        'Give summary.json files of runs that succeeded, or a folder of CosmicAI results with total_execution_time.csv.',
    });
    this.faults = faults;
  }
}

/** No plan keeps to the deadline and the budget. */
export class NoPlanError extends MusterError {
  readonly code = 'NO_PLAN';

  constructor(wanted: string, nearest: string) {
    super(`No plan ${wanted} with a certainty of 95 %. ${nearest}`, {
      remedy: 'Allow more time or money, or raise --concurrency.',
    });
  }
}
