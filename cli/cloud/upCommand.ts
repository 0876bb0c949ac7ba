import { CloudInUseError, CloudStartError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { type LocalStack, startLocalStack } from '../localStack.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import { startInBackground } from './background.js';
import { exportLines, upResult } from './exports.js';
import { isAlive, useStack } from './stackClient.js';
import { currentHolder } from './stackLock.js';
import type { StackState } from './stackState.js';
import { loadSecrets, type Secrets } from './stateDirectory.js';

export interface UpOptions {
  readonly port: number;
  readonly concurrency?: number;
  readonly detach?: true;
}

/**
 * `muster up`: runs the embedded cloud until Ctrl-C, SIGTERM or `muster down`. What it writes to stdout is for a shell to
 * evaluate.
 *
 * With `--detach` a cloud that runs already is told of instead.
 *
 * @throws CloudInUseError when one runs on this directory already, or with `--detach` one at another port.
 */
export async function up(session: Session, options: UpOptions): Promise<ExitCode> {
  return options.detach ? upInBackground(session, options) : upInForeground(session, options);
}

async function upInForeground(session: Session, { port, concurrency }: UpOptions): Promise<ExitCode> {
  const { directory, terminal } = session;
  const start = await startLocalStack({ directory, port, concurrency });
  if (!start.started) throw new CloudInUseError(directory.path, start.holder.pid);
  const { stack } = start;
  try {
    announce(session, stack.state, stack.secrets);
    terminal.result(upResult(stack.state, stack.secrets));
    terminal.note('Runs until Ctrl-C.');
    await untilEnd(session, stack);
    if (stack.control.userCount > 0) {
      terminal.note(`Ending, although ${plural(stack.control.userCount, 'command')} still works with this cloud.`);
    }
  } finally {
    await stack.close();
  }
  return session.interruption.receivedSignal === 'SIGINT' ? exitCodes.interrupted : exitCodes.success;
}

/** Resolves at Ctrl-C, at SIGTERM, or when somebody asks the cloud to end. */
export async function untilEnd({ interruption }: Session, stack: LocalStack): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    if (interruption.signal.aborted) resolve();
    interruption.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([interrupted, stack.control.stopRequested]);
}

/** A cloud that runs already is as good as one that is started now, if it is what was asked for. */
async function upInBackground(session: Session, options: UpOptions): Promise<ExitCode> {
  const { directory, interruption, terminal } = session;
  const running = await runningState(session);
  if (running) return tellOfRunning(session, running, options);
  try {
    const state = await startInBackground(directory, options, interruption.signal);
    await tell(session, state);
    terminal.note('Runs in the background until "muster down".');
    return exitCodes.success;
  } catch (error) {
    // Another command may have started one on this directory at the same time.
    const other = error instanceof CloudStartError ? await runningState(session) : undefined;
    if (other) return tellOfRunning(session, other, options);
    throw error;
  }
}

async function runningState({ directory, interruption }: Session): Promise<StackState | undefined> {
  const holder = await currentHolder(directory.lockFolder);
  if (!holder || !(await isAlive(holder, directory.path))) return undefined;
  const use = await useStack(holder, interruption.signal);
  use?.release();
  return use?.state;
}

async function tellOfRunning(session: Session, state: StackState, options: UpOptions): Promise<ExitCode> {
  const { directory, terminal } = session;
  if (options.port !== 0 && String(options.port) !== new URL(state.endpoint).port) {
    throw new CloudInUseError(directory.path, state.pid);
  }
  terminal.note(`An embedded cloud already runs on ${directory.path}; it is left as it is.`);
  if (options.concurrency !== undefined) terminal.note('--concurrency has no effect on it.');
  await tell(session, state);
  return exitCodes.success;
}

async function tell(session: Session, state: StackState): Promise<void> {
  const secrets = await loadSecrets(session.directory);
  announce(session, state, secrets);
  session.terminal.result(upResult(state, secrets));
}

/** Writes the environment to export, and what else there is to know. */
export function announce({ terminal }: Session, state: StackState, secrets: Secrets): void {
  terminal.note(
    `The embedded cloud is up (process ${state.pid}), with the bucket ${state.bucket}. For other AWS clients:`,
  );
  terminal.say(exportLines(state, secrets));
}
