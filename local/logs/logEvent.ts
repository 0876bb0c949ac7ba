/** One line of a log stream. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly message: string;
}

/** Takes log events. Appends to one stream keep the order of the calls; a resolved append can be read. */
export interface LogSink {
  append(logGroup: string, logStream: string, events: readonly LogEvent[]): Promise<void>;
}
