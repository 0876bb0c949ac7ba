import { planKey } from '../../run/keys.js';
import { planSchema } from '../../run/plan.js';
import { ObjectStore } from '../../storage/objectStore.js';
import type { Target } from '../cloud/target.js';
import { LogNotFoundError } from '../errors.js';
import { hasEnded, type RunSnapshot } from '../execution/runSnapshot.js';
import { plural } from '../terminal/quantities.js';
import { RankLogs } from './rankLogs.js';

/** Looks at a log that does not end, after its run has ended, until it is given up: CloudWatch lags by seconds. */
export const looksAfterEnd = 5;

/**
 * The logs of one rank of a run, or of all.
 *
 * @throws LogNotFoundError when the run has no ranks or not this one.
 */
export async function logsOfRun({ clients }: Target, snapshot: RunSnapshot, rank?: number): Promise<RankLogs[]> {
  const { address, runId } = snapshot;
  if (!address && !hasEnded(snapshot)) {
    throw new LogNotFoundError(`Run ${runId} has no ranks yet.`, { remedy: 'Wait for them with --follow.' });
  }
  if (!address) {
    throw new LogNotFoundError(`Run ${runId} has no ranks: it did not get past its first state.`, {
      remedy: `See why with "muster status ${runId}".`,
    });
  }
  if (rank !== undefined && rank >= address.worldSize) {
    throw new LogNotFoundError(
      `Run ${runId} has no rank ${rank}: it has ${plural(address.worldSize, 'rank')}, from 0 on.`,
    );
  }
  const store = new ObjectStore(clients.s3);
  const plan = planSchema.pick({ executorFunction: true });
  const { executorFunction } = await store.getJson(address.bucket, planKey(address.resultPrefix), plan);
  const logGroup = `/aws/lambda/${executorFunction}`;
  const wanted = rank === undefined ? Array.from({ length: address.worldSize }, (_, index) => index) : [rank];
  return wanted.map((each) => new RankLogs({ store, logs: clients.logs }, address, logGroup, each));
}
