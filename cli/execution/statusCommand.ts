import { ObjectStore } from '../../storage/objectStore.js';
import { type Target, type TargetOptions, withTarget } from '../cloud/target.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { executorSize } from './executorSize.js';
import { findRun } from './findRun.js';
import { loadSummary } from './loadSummary.js';
import { progressLines } from './progressLines.js';
import { ResultsProbe } from './resultsProbe.js';
import { type RunProgress, runProgress } from './runProgress.js';
import { runResult } from './runResult.js';
import { hasEnded, type RunSnapshot } from './runSnapshot.js';
import { showEndedRun } from './showRun.js';

/** `muster status`: how a run stands, or what it came to. */
export async function showStatus(
  session: Session,
  runId: string | undefined,
  options: TargetOptions,
): Promise<ExitCode> {
  const { terminal, interruption } = session;
  return withTarget(session, options, async (target) => {
    const snapshot = await (await findRun(target, runId)).observe(interruption.signal);
    const summary = await loadSummary(new ObjectStore(target.clients.s3), snapshot);
    const progress = hasEnded(snapshot) ? null : await progressOf(target, snapshot);
    if (progress) for (const line of progressLines(progress, terminal.colours)) terminal.say(line);
    else showEndedRun(terminal, snapshot, summary);
    terminal.result({ ...runResult(snapshot, summary), progress });
    return exitCodes.success;
  });
}

async function progressOf({ clients, region }: Target, snapshot: RunSnapshot): Promise<RunProgress> {
  const results = await new ResultsProbe(clients.s3).look(snapshot);
  const size = results.plan ? await executorSize(clients.lambda, results.plan, region) : undefined;
  return runProgress(snapshot, results, size, Date.now());
}
