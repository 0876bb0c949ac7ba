/** Outcome of a phase of an environment's life, as Lambda logs it. `failure` is an error that the handler threw. */
export type PhaseStatus = 'success' | 'failure' | 'error' | 'timeout';

export interface InitReport {
  readonly durationMs: number;
  readonly phase: 'init' | 'invoke';
  readonly status: 'error' | 'timeout';
  readonly errorType?: string;
}

/** What the REPORT line of an invocation says. */
export interface InvocationReport {
  readonly requestId: string;
  readonly durationMs: number;
  readonly billedDurationMs: number;
  readonly memorySizeMb: number;
  readonly maxMemoryUsedMb: number;
  /** Only at a cold start. */
  readonly initDurationMs?: number;
  readonly status: PhaseStatus;
  readonly errorType?: string;
}

/** Writes the lines of the Lambda platform in one of its two formats; undefined where a format has no such line. */
export interface PlatformLog {
  initStart(): string | undefined;
  initReport(report: InitReport): string | undefined;
  start(requestId: string): string | undefined;
  /** Something that happened to an environment, not to the code in it: a timeout, an exit. */
  fault(requestId: string, errorType: string, message: string): string | undefined;
  end(requestId: string): string | undefined;
  report(report: InvocationReport): string | undefined;
}

/**
 * Milliseconds that AWS bills: the duration, with the init phase of a cold start since August 2025, rounded up to whole
 * milliseconds. Counts in hundredths, as REPORT prints them, so that the bill can be checked against the line.
 */
export function billedDurationMs(durationMs: number, initDurationMs = 0): number {
  return Math.ceil((Math.round(durationMs * 100) + Math.round(initDurationMs * 100)) / 100);
}

const runtimeVersion = `nodejs:${process.versions.node}`;
const runtimeVersionArn = `arn:aws:lambda:local::runtime:embedded-${process.versions.node}`;

/** The format of functions whose log format is `Text`. */
export const textPlatformLog: PlatformLog = {
  initStart: () => `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}`,
  initReport: ({ durationMs, phase, status, errorType }) =>
    [
      `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms`,
      `Phase: ${phase}`,
      `Status: ${status}`,
      ...(status === 'error' ? [`Error Type: ${errorType}`] : []),
    ].join('\t'),
  start: (requestId) => `START RequestId: ${requestId} Version: $LATEST`,
  fault: (requestId, errorType, message) =>
    errorType === 'Sandbox.Timedout'
      ? `${new Date().toISOString()} ${requestId} ${message}\n`
      : `RequestId: ${requestId} Error: ${message}\n${errorType}`,
  end: (requestId) => `END RequestId: ${requestId}`,
  report: (report) =>
    [
      `REPORT RequestId: ${report.requestId}`,
      `Duration: ${report.durationMs.toFixed(2)} ms`,
      `Billed Duration: ${report.billedDurationMs} ms`,
      `Memory Size: ${report.memorySizeMb} MB`,
      `Max Memory Used: ${report.maxMemoryUsedMb} MB`,
      ...(report.initDurationMs === undefined ? [] : [`Init Duration: ${report.initDurationMs.toFixed(2)} ms`]),
      ...reportStatus(report),
    ].join('\t'),
};

/** A line without a status ends in a tab. Errors that the handler threw are not the platform's: they have none. */
function reportStatus({ status, errorType }: InvocationReport): string[] {
  if (status === 'timeout') return ['Status: timeout'];
  if (status === 'error') return ['Status: error', `Error Type: ${errorType}`];
  return [''];
}

/** The format of functions whose log format is `JSON`, with the events of the system log level INFO. */
export const jsonPlatformLog: PlatformLog = {
  initStart: () =>
    event('initStart', { initializationType: 'on-demand', phase: 'init', runtimeVersion, runtimeVersionArn }),
  initReport: ({ durationMs, phase, status, errorType }) =>
    event('initReport', {
      initializationType: 'on-demand',
      phase,
      status,
      ...(status === 'error' && { errorType }),
      metrics: { durationMs: hundredths(durationMs) },
    }),
  start: (requestId) => event('start', { requestId, version: '$LATEST' }),
  fault: () => undefined,
  end: () => undefined,
  report: (report) =>
    event('report', {
      requestId: report.requestId,
      metrics: {
        durationMs: hundredths(report.durationMs),
        billedDurationMs: report.billedDurationMs,
        memorySizeMB: report.memorySizeMb,
        maxMemoryUsedMB: report.maxMemoryUsedMb,
        ...(report.initDurationMs !== undefined && { initDurationMs: hundredths(report.initDurationMs) }),
      },
      status: report.status === 'failure' ? 'error' : report.status,
      ...(report.errorType !== undefined && report.status !== 'timeout' && { errorType: report.errorType }),
    }),
};

function event(type: string, record: object): string {
  return JSON.stringify({ time: new Date().toISOString(), type: `platform.${type}`, record });
}

function hundredths(durationMs: number): number {
  return Math.round(durationMs * 100) / 100;
}
