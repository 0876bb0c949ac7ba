import { type TargetOptions, withTarget } from '../cloud/target.js';
import { RunEndedError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { executionArnOf } from './executionArn.js';
import { pollIntervalMs } from './pollInterval.js';
import { stopRun } from './stopRun.js';

/**
 * `muster stop`: ends a run and waits until it has ended.
 *
 * @throws RunNotFoundError, RunEndedError
 */
export async function stopNamedRun(session: Session, runId: string, options: TargetOptions): Promise<ExitCode> {
  const { terminal, interruption } = session;
  return withTarget(session, options, async ({ clients, kind, stateMachineArn }) => {
    const { status, endedBefore } = await stopRun(clients.sfn, executionArnOf(await stateMachineArn(), runId), {
      cause: 'Stopped by muster stop.',
      pollMs: pollIntervalMs[kind],
      signal: interruption.signal,
    });
    if (endedBefore) throw new RunEndedError(runId, status);
    terminal.say(`Run ${runId} has ended: ${status}.`);
    terminal.result({ runId, status });
    return status === 'ABORTED' ? exitCodes.success : exitCodes.failure;
  });
}
