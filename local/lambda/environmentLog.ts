import type { LogEvent, LogSink } from '../logs/logEvent.js';
import type { LogFormat } from './functionDefinition.js';
import {
  type InitReport,
  type InvocationReport,
  jsonPlatformLog,
  type PlatformLog,
  textPlatformLog,
} from './platformLog.js';

/** What `LogType=Tail` answers at most, in bytes. */
const tailBytes = 4096;

/** Events of one append at most, as CloudWatch takes them. */
const maxBatch = 10_000;

/** The log stream of one execution environment. Lines keep the order of the calls. */
export class EnvironmentLog {
  readonly group: string;
  readonly stream: string;
  readonly #sink: LogSink;
  readonly #platform: PlatformLog;
  #appended: Promise<void> = Promise.resolve();
  #tail = '';

  constructor(sink: LogSink, group: string, stream: string, format: LogFormat) {
    this.#sink = sink;
    this.group = group;
    this.stream = stream;
    this.#platform = format === 'JSON' ? jsonPlatformLog : textPlatformLog;
  }

  /** Lines that the process wrote. */
  output(lines: readonly string[]): void {
    for (let start = 0; start < lines.length; start += maxBatch) this.#append(lines.slice(start, start + maxBatch));
  }

  initStart(): void {
    this.#platformLine(this.#platform.initStart());
  }

  initReport(report: InitReport): void {
    this.#platformLine(this.#platform.initReport(report));
  }

  start(requestId: string): void {
    this.#tail = '';
    this.#platformLine(this.#platform.start(requestId));
  }

  fault(requestId: string, errorType: string, message: string): void {
    this.#platformLine(this.#platform.fault(requestId, errorType, message));
  }

  end(requestId: string): void {
    this.#platformLine(this.#platform.end(requestId));
  }

  report(report: InvocationReport): void {
    this.#platformLine(this.#platform.report(report));
  }

  /** The last 4 KB logged since the current invocation's START line. */
  tail(): Buffer {
    return Buffer.from(this.#tail).subarray(-tailBytes);
  }

  /** Waits until everything so far can be read. Rejects when the sink failed. */
  flush(): Promise<void> {
    return this.#appended;
  }

  #platformLine(line: string | undefined): void {
    if (line !== undefined) this.#append([line]);
  }

  #append(lines: readonly string[]): void {
    const timestampMs = Date.now();
    const events: LogEvent[] = lines.map((line) => ({ timestampMs, message: `${line}\n` }));
    this.#tail = (this.#tail + events.map(({ message }) => message).join('')).slice(-tailBytes);
    this.#appended = this.#appended.then(() => this.#sink.append(this.group, this.stream, events));
    this.#appended.catch(() => undefined);
  }
}
