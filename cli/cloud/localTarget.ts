import { CloudEndedError, CloudNotRunningError } from '../errors.js';
import { type LocalStack, startLocalStack } from '../localStack.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import { createClients } from './clients.js';
import { isAlive, type StackUse, useStack } from './stackClient.js';
import { currentHolder } from './stackLock.js';
import type { StackState } from './stackState.js';
import { loadSecrets, type Secrets } from './stateDirectory.js';
import type { Target } from './target.js';

/** The embedded cloud as a target, with what only it has. */
export interface LocalTarget extends Target {
  readonly state: StackState;
  readonly secrets: Secrets;
  /** The stack itself when this process runs it. */
  readonly own: LocalStack | undefined;
}

/**
 * Joins the embedded cloud of the session's directory, or starts it for the time of the command.
 *
 * @throws CloudNotRunningError when it must run already and does not.
 */
export async function openLocalTarget(session: Session, needs: 'any' | 'running'): Promise<LocalTarget> {
  const { directory, interruption } = session;
  for (;;) {
    interruption.signal.throwIfAborted();
    const holder = await currentHolder(directory.lockFolder);
    if (holder && (await isAlive(holder, directory.path))) {
      const use = await useStack(holder, interruption.signal);
      if (use) return joined(use, await loadSecrets(directory));
      continue;
    }
    if (needs === 'running') throw new CloudNotRunningError(directory.path);
    const start = await startLocalStack({ directory });
    if (start.started) return owned(session, start.stack);
  }
}

function joined(use: StackUse, secrets: Secrets): LocalTarget {
  const lost = new AbortController();
  let closing = false;
  void use.ended.then(() => {
    if (!closing) lost.abort(new CloudEndedError('The embedded cloud has ended under this command.'));
  });
  return localTarget(use.state, secrets, undefined, lost.signal, async () => {
    closing = true;
    use.release();
  });
}

function owned(session: Session, stack: LocalStack): LocalTarget {
  const lost = new AbortController();
  void stack.control.stopRequested.then(() => {
    lost.abort(new CloudEndedError('The embedded cloud was ended by "muster down".'));
  });
  return localTarget(stack.state, stack.secrets, stack, lost.signal, async () => {
    await leaveToOthers(session, stack, lost.signal);
    await stack.close();
  });
}

/** Keeps the cloud up while other commands work with it, unless somebody wants it to end. */
async function leaveToOthers(
  { terminal, interruption }: Session,
  stack: LocalStack,
  stopped: AbortSignal,
): Promise<void> {
  if (stack.control.userCount > 0) {
    terminal.note(`Waiting for ${plural(stack.control.userCount, 'other command')} that works with this cloud.`);
  }
  const hurry = interruption.or(stopped);
  if (hurry.aborted) return;
  const hurried = new Promise<void>((resolve) => hurry.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([stack.control.closeToUsers(), hurried]);
}

function localTarget(
  state: StackState,
  secrets: Secrets,
  own: LocalStack | undefined,
  lost: AbortSignal,
  leave: () => Promise<void>,
): LocalTarget {
  const { endpoint, region, stateMachineArn } = state;
  const clients = createClients({ endpoint, region, credentials: secrets });
  return {
    kind: 'local',
    clients,
    region,
    stateMachineArn: async () => stateMachineArn,
    lost,
    state,
    secrets,
    own,
    close: async () => {
      clients.destroy();
      await leave();
    },
  };
}
