import { MusterError } from '../../run/errors.js';

/** The port that was asked for cannot be listened on. */
export class DashboardPortError extends MusterError {
  readonly code = 'DASHBOARD_PORT';

  constructor(port: number, cause: NodeJS.ErrnoException) {
    super(`Port ${port} cannot be listened on: ${cause.code ?? cause.message}.`, {
      remedy: 'Name another with --port, or leave it out to take a free one.',
      cause,
    });
  }
}

/** A request that the dashboard does not answer; `status` is that of HTTP. */
export class RequestRefusedError extends MusterError {
  readonly code = 'REQUEST_REFUSED';
  readonly status: number;

  constructor(status: number, message: string, remedy?: string) {
    super(message, { remedy });
    this.status = status;
  }
}

/** A run has left no report. */
export class NoReportError extends MusterError {
  readonly code = 'NO_REPORT';

  constructor(runId: string) {
    super(`Run ${runId} has no report: its aggregator did not come to write one.`, { runId });
  }
}
