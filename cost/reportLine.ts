import { z } from 'zod';

/** What Lambda says about one invocation when it is over. Times in milliseconds, memory in MB as Lambda counts them. */
export interface LambdaReport {
  readonly requestId: string;
  readonly durationMs: number;
  /** What is paid for; since August 2025 it includes the init of a cold start, so init is never added again. */
  readonly billedDurationMs: number;
  /** Configured memory. */
  readonly memoryMb: number;
  readonly maxMemoryUsedMb: number;
  /** There for a cold start only. */
  readonly initDurationMs?: number;
  /** There for a restore from a snapshot only. */
  readonly restoreDurationMs?: number;
  readonly billedRestoreDurationMs?: number;
  /** `success`, `error`, `failure`, `timeout`; text reports have it for invocations that went wrong. */
  readonly status?: string;
  /** `Runtime.ExitError`, for example. */
  readonly errorType?: string;
  readonly xrayTraceId?: string;
}

const milliseconds = z.number().min(0);
const megabytes = z.number().min(0);

const platformReportSchema = z.object({
  type: z.literal('platform.report'),
  record: z.object({
    requestId: z.string().min(1),
    status: z.string().optional(),
    errorType: z.string().optional(),
    metrics: z.object({
      durationMs: milliseconds,
      billedDurationMs: milliseconds,
      memorySizeMB: megabytes,
      maxMemoryUsedMB: megabytes,
      initDurationMs: milliseconds.optional(),
      restoreDurationMs: milliseconds.optional(),
      billedRestoreDurationMs: milliseconds.optional(),
    }),
    tracing: z.object({ value: z.string() }).optional(),
  }),
});

/** A log event as exports wrap it: the line is a field of an object. */
const wrappedLineSchema = z
  .object({ message: z.string().optional(), '@message': z.string().optional() })
  .transform((wrapped) => wrapped.message ?? wrapped['@message']);

/** Names of text fields, longest first, so that `Billed Duration` is not taken for `Duration`. */
const fieldPattern =
  /(Billed Restore Duration|Restore Duration|Billed Duration|Init Duration|Duration|Memory Size|Max Memory Used|Status|Error Type|XRAY TraceId): *([^\s"]+)/g;

function parseTextReport(line: string): LambdaReport | undefined {
  const start = /REPORT RequestId: *([^\s"]+)/.exec(line);
  if (!start) return undefined;
  const fields = new Map<string, string>();
  for (const [, name, value] of line.slice(start.index + start[0].length).matchAll(fieldPattern)) {
    if (!fields.has(name)) fields.set(name, value);
  }
  const figure = (name: string): number | undefined => {
    const text = fields.get(name);
    return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  };
  const durationMs = figure('Duration');
  const billedDurationMs = figure('Billed Duration');
  const memoryMb = figure('Memory Size');
  const maxMemoryUsedMb = figure('Max Memory Used');
  if (
    durationMs === undefined ||
    billedDurationMs === undefined ||
    memoryMb === undefined ||
    maxMemoryUsedMb === undefined
  ) {
    return undefined;
  }
  return withoutAbsent({
    requestId: start[1],
    durationMs,
    billedDurationMs,
    memoryMb,
    maxMemoryUsedMb,
    initDurationMs: figure('Init Duration'),
    restoreDurationMs: figure('Restore Duration'),
    billedRestoreDurationMs: figure('Billed Restore Duration'),
    status: fields.get('Status'),
    errorType: fields.get('Error Type'),
    xrayTraceId: fields.get('XRAY TraceId'),
  });
}

function withoutAbsent(report: LambdaReport): LambdaReport {
  const { requestId, durationMs, billedDurationMs, memoryMb, maxMemoryUsedMb, ...optional } = report;
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { requestId, durationMs, billedDurationMs, memoryMb, maxMemoryUsedMb, ...present };
}

function parseJsonReport(value: unknown): LambdaReport | undefined {
  const parsed = platformReportSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { record } = parsed.data;
  return withoutAbsent({
    requestId: record.requestId,
    durationMs: record.metrics.durationMs,
    billedDurationMs: record.metrics.billedDurationMs,
    memoryMb: record.metrics.memorySizeMB,
    maxMemoryUsedMb: record.metrics.maxMemoryUsedMB,
    initDurationMs: record.metrics.initDurationMs,
    restoreDurationMs: record.metrics.restoreDurationMs,
    billedRestoreDurationMs: record.metrics.billedRestoreDurationMs,
    status: record.status,
    errorType: record.errorType,
    xrayTraceId: /Root=([^;]+)/.exec(record.tracing?.value ?? '')?.[1],
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of a line such as `"message": "REPORT ...",`, as JSON has it that is laid out over several lines. */
function memberOfJson(line: string): string | undefined {
  const member = /^\s*("@?message"\s*:\s*".*"),?\s*$/.exec(line);
  const wrapped = member ? wrappedLineSchema.safeParse(parseJson(`{${member[1]}}`)) : undefined;
  return wrapped?.success ? wrapped.data : undefined;
}

/**
 * Reads a REPORT line of Lambda's, in either log format: text (fields parted by tabs or spaces) or JSON
 * (`platform.report`). Timestamps, stream names and other words before it do not matter, nor does an export that wraps
 * the line in a JSON object as `message` or `@message`, on one line or laid out over several.
 *
 * @returns undefined for any other line, and for a report that lacks its duration, billed duration or memory.
 * @example
 * parseReportLine('REPORT RequestId: 8f\tDuration: 1.5 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB');
 * // { requestId: '8f', durationMs: 1.5, billedDurationMs: 2, memoryMb: 128, maxMemoryUsedMb: 64 }
 */
export function parseReportLine(line: string): LambdaReport | undefined {
  if (!line.includes('REPORT RequestId:') && !line.includes('platform.report')) return undefined;
  const member = memberOfJson(line);
  if (member !== undefined) return parseReportLine(member);
  const brace = line.indexOf('{');
  const json = brace < 0 ? undefined : parseJson(line.slice(brace, line.lastIndexOf('}') + 1));
  if (json === undefined) return parseTextReport(line);
  const wrapped = wrappedLineSchema.safeParse(json);
  if (wrapped.success && wrapped.data !== undefined) return parseReportLine(wrapped.data);
  return parseJsonReport(json) ?? parseTextReport(line);
}

/** The reports of a log file or of any text with one log event a line, in order. */
export function parseReportLines(text: string): LambdaReport[] {
  return text.split(/\r?\n/).flatMap((line) => parseReportLine(line) ?? []);
}
