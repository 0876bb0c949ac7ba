import { setTimeout as wait } from 'node:timers/promises';
import type { ProgressDisplay } from './progressDisplay.js';
import type { PlannedWork, ResultsProbe } from './resultsProbe.js';
import type { RunObserver } from './runObserver.js';
import { type ExecutorSize, runProgress } from './runProgress.js';
import { hasEnded, type RunSnapshot } from './runSnapshot.js';

export interface FollowOptions {
  readonly observer: RunObserver;
  readonly probe: ResultsProbe;
  readonly display: ProgressDisplay;
  /** Asked once, when the plan is known. */
  readonly sizeOf: (planned: PlannedWork) => Promise<ExecutorSize | undefined>;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Shows a run's progress until it has ended; rejects with the signal's reason when that comes first. */
export async function followRun(options: FollowOptions): Promise<RunSnapshot> {
  const { observer, probe, display, pollMs, signal } = options;
  let size: Promise<ExecutorSize | undefined> | undefined;
  try {
    for (;;) {
      const snapshot = await observer.observe(signal);
      const results = await probe.look(snapshot, signal);
      if (results.plan) size ??= options.sizeOf(results.plan);
      display.show(runProgress(snapshot, results, await size, Date.now()));
      if (hasEnded(snapshot)) return snapshot;
      await wait(pollMs, undefined, { signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    display.end();
  }
}
