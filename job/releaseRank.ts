import { releasedName } from '../collectives/storage/objectNames.js';
import { releaseGroup } from '../rendezvous/release.js';
import { signToken } from '../rendezvous/token.js';
import { channelPrefix, failureKey, planKey } from '../run/keys.js';
import type { RankFailure } from '../run/metrics.js';
import { planSchema } from '../run/plan.js';
import type { ObjectStore } from '../storage/objectStore.js';

/** How long a release token is good for. */
const tokenLifeMs = 60_000;

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

export interface ReleaseSurroundings {
  readonly store: ObjectStore;
  readonly rendezvous: { readonly url: string; readonly secret: string } | undefined;
  readonly logger: { warn(message: string, fields?: Record<string, unknown>): void };
}

/** Records why a rank was given up, and tells those who wait for it. */
export async function releaseRank(
  request: ReleaseRequest,
  { store, rendezvous, logger }: ReleaseSurroundings,
): Promise<{ error: string; cause: string }> {
  const { runId, bucket, resultPrefix, rank, attempts = 1 } = request;
  const { error, cause } = readCause(request.error, request.cause);
  if (rank !== undefined) {
    const failure: RankFailure = { runId, rank, attempts, error, cause, recordedAtMs: Date.now() };
    await store.putJson(bucket, failureKey(resultPrefix, rank), failure);
  }
  await releaseObjects(store, bucket, resultPrefix, `${error}: ${cause}`, logger);
  if (rendezvous) {
    const token = signToken(rendezvous.secret, { purpose: 'release', runId, expiresAtMs: Date.now() + tokenLifeMs });
    try {
      await releaseGroup({ url: rendezvous.url, token, runId, rank, cause: `${error}: ${cause}` });
    } catch (failure) {
      // The others then wait until their own deadlines; the record above is what must not be lost.
      logger.warn('The rendezvous could not be told.', { error: failure });
    }
  }
  return { error, cause };
}

/** Tells ranks that meet in S3, if those of this run do. */
async function releaseObjects(
  store: ObjectStore,
  bucket: string,
  resultPrefix: string,
  cause: string,
  logger: ReleaseSurroundings['logger'],
): Promise<void> {
  try {
    const plan = await store.findJson(bucket, planKey(resultPrefix), planSchema);
    if (plan?.value.collectives.channel !== 'storage') return;
    await store.put(bucket, channelPrefix(resultPrefix) + releasedName, cause);
  } catch (failure) {
    logger.warn('The ranks that meet in S3 could not be told.', { error: failure });
  }
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
