import { failureKey } from '../run/keys.js';
import type { RankFailure } from '../run/metrics.js';
import type { CoordinatorRecord } from '../run/plan.js';
import { freeWaiting, type ReleaseSurroundings } from './freeWaiting.js';

export interface ReleaseRequest {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
  /** The rank that is given up; without it the whole group is. */
  readonly rank?: number;
  /** Attempts that the rank had. */
  readonly attempts?: number;
  /** Error name and cause as Step Functions has them. */
  readonly error: string;
  readonly cause: string;
}

/**
 * Records why a rank was given up, and tells those who wait for it.
 *
 * @param surroundings - with the invocation that this is, where it is to be billed.
 */
export async function releaseRank(
  request: ReleaseRequest,
  surroundings: ReleaseSurroundings & { readonly invocation?: Omit<CoordinatorRecord, 'endedAtMs'> },
): Promise<{ error: string; cause: string }> {
  const { runId, bucket, resultPrefix, rank, attempts = 1 } = request;
  const { error, cause } = readCause(request.error, request.cause);
  if (rank !== undefined) {
    const recordedAtMs = Date.now();
    const { invocation } = surroundings;
    const coordinator = invocation && { ...invocation, endedAtMs: recordedAtMs };
    const failure: RankFailure = { runId, rank, attempts, error, cause, recordedAtMs, coordinator };
    await surroundings.store.putJson(bucket, failureKey(resultPrefix, rank), failure);
  }
  await freeWaiting({ runId, bucket, resultPrefix, rank, reason: `${error}: ${cause}` }, surroundings);
  return { error, cause };
}

/**
 * What went wrong, from Step Functions' error name and cause: Lambda's causes are JSON documents with `errorType` and
 * `errorMessage`, and permanent errors carry the original's name at the front of their message.
 */
export function readCause(error: string, cause: string): { error: string; cause: string } {
  const document = parseErrorDocument(cause);
  const message = document?.errorMessage ?? cause;
  const name = document?.errorType ?? error;
  const permanent = name === 'PermanentError' ? /^(\w+): (.*)$/s.exec(message) : null;
  if (permanent) return { error: permanent[1], cause: permanent[2] };
  const remedy = remedies.get(name);
  return { error: name, cause: remedy ? `${message} (${remedy})` : message };
}

/** What to do about errors that Lambda and Step Functions raise by themselves. */
const remedies: ReadonlyMap<string, string> = new Map([
  [
    'Runtime.ExitError',
    'the process ended; if its memory ran out, raise memorySize of the executor or make the partitions smaller',
  ],
  ['Runtime.OutOfMemory', 'raise memorySize of the executor, or lower "batch_size"'],
  ['Sandbox.Timedout', 'use more ranks or smaller partitions, or raise the timeout of the executor'],
  ['States.Timeout', 'Lambda did not answer in time; look at the log of the rank'],
]);

function parseErrorDocument(cause: string): { errorType?: string; errorMessage?: string } | undefined {
  let document: unknown;
  try {
    document = JSON.parse(cause);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  const text = (name: string) => {
    const value = (document as Record<string, unknown>)[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return { errorType: text('errorType'), errorMessage: text('errorMessage') };
}
