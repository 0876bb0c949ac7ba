import type { RunSummary } from '../../run/summary.js';
import { ObjectStore } from '../../storage/objectStore.js';
import type { Target } from '../cloud/target.js';
import { StopIncompleteError } from '../errors.js';
import type { Ending } from '../interruption.js';
import type { Session } from '../session.js';
import { executorSize } from './executorSize.js';
import { followRun } from './followRun.js';
import { loadSummary } from './loadSummary.js';
import { pollIntervalMs } from './pollInterval.js';
import { progressDisplay } from './progressDisplay.js';
import { ResultsProbe } from './resultsProbe.js';
import { RunObserver } from './runObserver.js';
import type { RunSnapshot } from './runSnapshot.js';
import { startRun } from './startRun.js';
import { stopRun } from './stopRun.js';

/** A run that has ended. */
export interface EndedRun {
  readonly snapshot: RunSnapshot;
  /** Undefined when the aggregator did not come to write it. */
  readonly summary: RunSummary | undefined;
}

/**
 * Starts a run and shows its progress to the end. Ctrl-C stops the execution; the run that is returned is then ABORTED,
 * unless it ended sooner.
 *
 * @param onStarted is told the name of the run once it has one; a failure after that is a failure to follow it.
 */
export async function performRun(
  session: Session,
  target: Target,
  payload: unknown,
  name?: string,
  onStarted?: (runId: string) => void,
): Promise<EndedRun> {
  const { terminal } = session;
  const { executionArn, runId } = await startRun(target.clients.sfn, await target.stateMachineArn(), payload, name);
  onStarted?.(runId);
  terminal.note(`Run ${runId} has started.`);
  const observer = new RunObserver(target.clients.sfn, executionArn);
  const snapshot = await followOrStop(session, target, observer, runId);
  return { snapshot, summary: await loadSummary(new ObjectStore(target.clients.s3), snapshot) };
}

const stopCauses: Readonly<Record<Ending, string>> = {
  SIGINT: 'Ctrl-C.',
  SIGTERM: 'The command that started it was ended by SIGTERM.',
  EPIPE: 'Nobody read what the command that started it wrote.',
};

async function followOrStop(
  session: Session,
  target: Target,
  observer: RunObserver,
  runId: string,
): Promise<RunSnapshot> {
  const { terminal, interruption } = session;
  const { clients, kind, region, lost } = target;
  const pollMs = pollIntervalMs[kind];
  try {
    return await followRun({
      observer,
      probe: new ResultsProbe(clients.s3),
      display: progressDisplay(terminal),
      sizeOf: (planned) => executorSize(clients.lambda, planned, region),
      pollMs,
      signal: interruption.or(lost),
    });
  } catch (error) {
    if (!interruption.signal.aborted) {
      if (kind === 'aws') terminal.note(`Run ${runId} goes on; look at it with: muster status ${runId} --aws`);
      throw error;
    }
  }
  terminal.note(`Stopping run ${runId} (Ctrl-C again leaves at once).`);
  const cause = stopCauses[interruption.receivedSignal ?? 'SIGINT'];
  try {
    await stopRun(clients, observer.executionArn, { cause, pollMs });
  } catch (error) {
    if (!(error instanceof StopIncompleteError)) throw error;
    terminal.note(error.message);
  }
  return observer.observe();
}
