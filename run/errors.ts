/** What every error of Muster knows beside its message. */
export interface MusterErrorOptions {
  /** What the reader can do about it, as a sentence. */
  remedy?: string;
  runId?: string;
  rank?: number;
  cause?: unknown;
}

/**
 * Base class of every error that Muster raises on purpose. Each room has an `errors.ts` with one subclass a case.
 *
 * `code` is stable and made for machines; `retryable` says whether the same call may succeed when it is made again
 * (a lost connection) or never will (a corrupt file).
 */
export abstract class MusterError extends Error {
  abstract readonly code: string;
  readonly retryable: boolean = false;
  readonly remedy?: string;
  readonly runId?: string;
  readonly rank?: number;

  constructor(message: string, options: MusterErrorOptions = {}) {
    super(
      options.remedy ? `${message} ${options.remedy}` : message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.remedy = options.remedy;
    this.runId = options.runId;
    this.rank = options.rank;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
