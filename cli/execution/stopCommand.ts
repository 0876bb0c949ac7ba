import { s3Uri } from '../../run/keys.js';
import { type TargetOptions, withTarget } from '../cloud/target.js';
import { RunEndedError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { executionArnOf } from './executionArn.js';
import { pollIntervalMs } from './pollInterval.js';
import { stopRun } from './stopRun.js';

/**
 * `muster stop`: ends a run and waits until it has ended; its executors end with the partition that they are at.
 *
 * @throws RunNotFoundError, RunEndedError, StopIncompleteError
 */
export async function stopNamedRun(session: Session, runId: string, options: TargetOptions): Promise<ExitCode> {
  const { terminal, interruption } = session;
  return withTarget(session, options, async ({ clients, kind, stateMachineArn }) => {
    const { status, endedBefore, address } = await stopRun(clients, executionArnOf(await stateMachineArn(), runId), {
      cause: 'Stopped by muster stop.',
      pollMs: pollIntervalMs[kind],
      signal: interruption.signal,
    });
    if (endedBefore) throw new RunEndedError(runId, status);
    const resultPrefix = address ? s3Uri(address.bucket, address.resultPrefix) : null;
    terminal.say(`Run ${runId} has ended: ${status}.`);
    if (resultPrefix !== null) {
      terminal.say(
        `Its executors end with the partition that they are at; what they wrote is kept under ${resultPrefix}`,
      );
    }
    terminal.result({ runId, status, resultPrefix });
    return status === 'ABORTED' ? exitCodes.success : exitCodes.failure;
  });
}
