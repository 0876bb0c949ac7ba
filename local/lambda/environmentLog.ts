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
  /** Events that the sink has not been given yet. */
  #waiting: LogEvent[] = [];
  #appending: Promise<void> | undefined;
  #tail = '';

  constructor(sink: LogSink, group: string, stream: string, format: LogFormat) {
    this.#sink = sink;
    this.group = group;
    this.stream = stream;
    this.#platform = format === 'JSON' ? jsonPlatformLog : textPlatformLog;
  }

  /** Lines that the process wrote. */
  output(lines: readonly string[]): void {
    this.#append(lines);
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
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#appending) await (this.#appending ?? this.#startAppending());
  }

  #platformLine(line: string | undefined): void {
    if (line !== undefined) this.#append([line]);
  }

  #append(lines: readonly string[]): void {
    const timestampMs = Date.now();
    const events: LogEvent[] = lines.map((line) => ({ timestampMs, message: `${line}\n` }));
    this.#tail = (this.#tail + events.map(({ message }) => message).join('')).slice(-tailBytes);
    for (const event of events) this.#waiting.push(event);
    // A failure shows at the next flush, which gives the sink the same events again.
    if (!this.#appending) this.#startAppending().catch(() => undefined);
  }

  #startAppending(): Promise<void> {
    this.#appending = this.#appendWaiting().finally(() => {
      this.#appending = undefined;
    });
    return this.#appending;
  }

  /** What comes while the sink is at work goes to it together. */
  async #appendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, maxBatch);
      await this.#sink.append(this.group, this.stream, batch);
      this.#waiting = this.#waiting.slice(batch.length);
    }
  }
}
