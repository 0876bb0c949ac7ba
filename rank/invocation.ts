/** What is known of the Lambda invocation that an attempt runs in. */
export interface Invocation {
  readonly requestId: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly coldStart: boolean;
  /** Epoch milliseconds at which the handler was called. */
  readonly startedAtMs: number;
  /** Epoch milliseconds at which the environment's process began. */
  readonly processStartedAtMs: number;
  /** Epoch milliseconds at which Lambda ends the invocation. */
  readonly endsAtMs: number;
  readonly memoryMb: number;
  readonly architecture: string;
}
