import { join } from 'node:path';
import { messageOf } from '../../run/errors.js';
import { parsePayload } from '../../run/parsePayload.js';
import type { RunSummary } from '../../run/summary.js';
import { prepareStateDirectory } from '../cloud/stateDirectory.js';
import { type Target, type TargetOptions, withTarget } from '../cloud/target.js';
import { signalExitCode } from '../conclude.js';
import { type CopiedResults, copyResults, showCopies } from '../demo/copyResults.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { readPayload } from '../readPayload.js';
import type { Session } from '../session.js';
import { performRun } from './performRun.js';
import { failedCommand, runResult, startedResult } from './runResult.js';
import { showEndedRun } from './showRun.js';
import { startRun } from './startRun.js';

export interface RunOptions extends TargetOptions {
  readonly name?: string;
  readonly detach?: true;
}

/** `muster run`: validates the payload here, starts the run there, and follows it. */
export async function runPayload(session: Session, path: string, options: RunOptions): Promise<ExitCode> {
  const { terminal } = session;
  let startedRun: string | null = null;
  const onStarted = (runId: string) => {
    startedRun = runId;
  };
  try {
    const payload = await readPayload(path, process.stdin);
    parsePayload(payload);
    const needs = options.detach ? 'running' : 'any';
    return await withTarget(session, { ...options, needs }, (target) =>
      options.detach ? detach(session, target, payload, options) : follow(session, target, payload, options, onStarted),
    );
  } catch (error) {
    if (!terminal.resultWritten) terminal.result(failedCommand(session.interruption.signal.aborted, error, startedRun));
    throw error;
  }
}

async function follow(
  session: Session,
  target: Target,
  payload: unknown,
  { name }: RunOptions,
  onStarted: (runId: string) => void,
): Promise<ExitCode> {
  const { terminal } = session;
  const { snapshot, summary } = await performRun(session, target, payload, name, onStarted);
  showEndedRun(terminal, snapshot, summary);
  const copies = summary ? await copyOf(session, target, summary) : null;
  terminal.result({ ...runResult(snapshot, summary), copies });
  if (session.interruption.receivedSignal !== undefined) return signalExitCode(session);
  return snapshot.status === 'SUCCEEDED' ? exitCodes.success : exitCodes.failure;
}

/** Brings the report and the figures to this disk; a run is no worse for a disk that is full. */
async function copyOf(
  { terminal, directory }: Session,
  { clients }: Target,
  summary: RunSummary,
): Promise<CopiedResults | null> {
  const folder = join(directory.path, 'runs', summary.runId);
  try {
    await prepareStateDirectory(directory);
    const copies = await copyResults(clients.s3, summary, folder);
    showCopies(terminal, copies);
    return copies;
  } catch (error) {
    terminal.note(`The results could not be copied to ${folder}: ${messageOf(error)}`);
    return null;
  }
}

async function detach(session: Session, target: Target, payload: unknown, { name }: RunOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { runId } = await startRun(target.clients.sfn, await target.stateMachineArn(), payload, name);
  const suffix = target.kind === 'aws' ? ' --aws' : '';
  terminal.say(`Run ${runId} has started. Follow it with: muster status ${runId}${suffix}`);
  terminal.result(startedResult(runId));
  return exitCodes.success;
}
