import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';

/** One line of a log, without the newline at its end. */
export interface LogLine {
  /** Epoch milliseconds. */
  readonly timestampMs: number;
  readonly message: string;
}

/** Which invocation a line begins or ends, as Lambda writes them in text and in JSON. */
export function boundaryOf(message: string): { kind: 'start' | 'report'; requestId: string } | undefined {
  const match =
    /^(START|REPORT) RequestId: (\S+)/.exec(message) ??
    /^\{.*"type":\s*"platform\.(start|report)".*"requestId":\s*"([^"]+)"/s.exec(message);
  if (!match) return undefined;
  return { kind: match[1].toUpperCase() === 'START' ? 'start' : 'report', requestId: match[2] };
}

/** Lines of an environment's start, before its first invocation. */
const isInitLine = (message: string): boolean =>
  message.startsWith('INIT_START') || /^\{.*"type":\s*"platform\.init/s.test(message);

/**
 * Picks one invocation's lines out of its stream, which holds those of every invocation of the same environment. Lines
 * come in as they are read, so that a log can be followed.
 */
export class InvocationFilter {
  readonly #requestId: string;
  #init: LogLine[] = [];
  #inside = false;
  #complete = false;

  constructor(requestId: string) {
    this.#requestId = requestId;
  }

  /** Whether the invocation's last line was seen. */
  get complete(): boolean {
    return this.#complete;
  }

  pick(lines: readonly LogLine[]): LogLine[] {
    return lines.flatMap((line) => this.#pickLine(line));
  }

  #pickLine(line: LogLine): LogLine[] {
    if (this.#complete) return [];
    const boundary = boundaryOf(line.message);
    if (boundary?.kind === 'start') {
      this.#inside = boundary.requestId === this.#requestId;
      const before = this.#init;
      this.#init = [];
      return this.#inside ? [...before, line] : [];
    }
    if (!this.#inside) {
      if (isInitLine(line.message)) this.#init = [line];
      return [];
    }
    this.#complete = boundary?.kind === 'report' && boundary.requestId === this.#requestId;
    return [line];
  }
}

/** Reads the log of one invocation, from where the last reading stopped. */
export class InvocationLog {
  readonly #logs: CloudWatchLogsClient;
  readonly #logGroupName: string;
  readonly #logStreamName: string;
  readonly #startTime: number;
  readonly #filter: InvocationFilter;
  #token: string | undefined;

  constructor(
    logs: CloudWatchLogsClient,
    source: { logGroup: string; logStream: string; requestId: string; startedAtMs: number },
  ) {
    this.#logs = logs;
    this.#logGroupName = source.logGroup;
    this.#logStreamName = source.logStream;
    // A cold start's first lines are older than the handler's start.
    this.#startTime = source.startedAtMs - 60_000;
    this.#filter = new InvocationFilter(source.requestId);
  }

  /** Whether nothing more will come. */
  get complete(): boolean {
    return this.#filter.complete;
  }

  /** What was logged since the last reading; nothing while CloudWatch has not made the stream yet. */
  async readNew(signal?: AbortSignal): Promise<LogLine[]> {
    const picked: LogLine[] = [];
    while (!this.complete) {
      const page = await this.#readPage(signal);
      if (!page) break;
      picked.push(...this.#filter.pick(page.lines));
      // At the end of a stream, CloudWatch gives back the token that it was given.
      if (page.token === this.#token) break;
      this.#token = page.token;
    }
    return picked;
  }

  async #readPage(signal: AbortSignal | undefined): Promise<{ lines: LogLine[]; token?: string } | undefined> {
    const command = new GetLogEventsCommand({
      logGroupName: this.#logGroupName,
      logStreamName: this.#logStreamName,
      startFromHead: true,
      startTime: this.#startTime,
      nextToken: this.#token,
    });
    try {
      const { events, nextForwardToken } = await this.#logs.send(command, { abortSignal: signal });
      const lines = (events ?? []).map(({ timestamp, message }) => ({
        timestampMs: timestamp ?? 0,
        message: (message ?? '').replace(/\r?\n$/, ''),
      }));
      return { lines, token: nextForwardToken };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }
}
