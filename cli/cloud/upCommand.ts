import { CloudInUseError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { type LocalStack, startLocalStack } from '../localStack.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import { startInBackground } from './background.js';
import { exportLines, upResult } from './exports.js';
import { isAlive } from './stackClient.js';
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
 * @throws CloudInUseError when one runs on this directory already.
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

async function upInBackground(session: Session, options: UpOptions): Promise<ExitCode> {
  const { directory, interruption, terminal } = session;
  const holder = await currentHolder(directory.lockFolder);
  if (holder && (await isAlive(holder, directory.path))) throw new CloudInUseError(directory.path, holder.pid);
  const state = await startInBackground(directory, options, interruption.signal);
  const secrets = await loadSecrets(directory);
  announce(session, state, secrets);
  terminal.result(upResult(state, secrets));
  terminal.note('Runs in the background until "muster down".');
  return exitCodes.success;
}

/** Writes the environment to export, and what else there is to know. */
export function announce({ terminal }: Session, state: StackState, secrets: Secrets): void {
  terminal.note(
    `The embedded cloud is up (process ${state.pid}), with the bucket ${state.bucket}. For other AWS clients:`,
  );
  terminal.say(exportLines(state, secrets));
}
