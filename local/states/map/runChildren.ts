import { StateFailure } from '../errors.js';
import { LinkedAbort } from '../interpreter/linkedAbort.js';
import type { Batch } from './itemBatcher.js';
import type { ChildStatus, MapRun } from './mapRunHost.js';
import { exceedsTolerance } from './tolerance.js';

/** A child execution that has ended. */
export interface EndedChild {
  arn: string;
  status: ChildStatus;
}

/** As many children run at a time where a map has no limit of its own. */
const mostChildren = 10_000;

/**
 * Runs a child for each batch, as many at a time as the limits allow at that moment.
 *
 * @returns the children in the order of their batches
 * @throws StateFailure States.ExceedToleratedFailureThreshold once too many items have failed; what runs is aborted first
 */
export async function runChildren(run: MapRun, batches: readonly Batch[], outer: AbortSignal): Promise<EndedChild[]> {
  const totalItems = batches.reduce((sum, { itemCount }) => sum + itemCount, 0);
  run.expect({ items: totalItems, executions: batches.length });
  const stop = new LinkedAbort(outer);
  const ended: EndedChild[] = [];
  let running = 0;
  let next = 0;
  let failedItems = 0;
  let wake = (): void => undefined;

  const startNext = (): void => {
    const index = next++;
    const { input, itemCount } = batches[index]!;
    const { arn, ended: end } = run.startChild(input, itemCount, stop.signal);
    running++;
    end.then((status) => {
      running--;
      ended[index] = { arn, status };
      if (status !== 'SUCCEEDED' && !stop.signal.aborted) {
        failedItems += itemCount;
        if (exceedsTolerance(failedItems, totalItems, run.limits))
          stop.abort(thresholdFailure(failedItems, totalItems));
      }
      wake();
    });
  };
  run.onLimitsChanged = () => wake();

  while (running > 0 || (next < batches.length && !stop.signal.aborted)) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const mostRunning = run.limits.maxConcurrency || mostChildren;
    while (running < mostRunning && next < batches.length && !stop.signal.aborted) startNext();
    if (running > 0) await woken;
  }
  stop.release();
  stop.signal.throwIfAborted();
  return ended;
}

function thresholdFailure(failedItems: number, totalItems: number): StateFailure {
  return new StateFailure(
    'States.ExceedToleratedFailureThreshold',
    `The specified tolerated failure threshold was exceeded: ${failedItems} of ${totalItems} items failed.`,
  );
}
