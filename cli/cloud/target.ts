import type { Session } from '../session.js';
import type { Clients } from './clients.js';

/** Options of the commands that work against either cloud. */
export interface TargetOptions {
  readonly aws?: true;
  readonly stage?: string;
  readonly region?: string;
  readonly stateMachine?: string;
  /** `running`: the embedded cloud must run already, because the work outlives the command. */
  readonly needs?: 'any' | 'running';
}

/** The cloud that a command works with. */
export interface Target {
  readonly kind: 'local' | 'aws';
  readonly clients: Clients;
  readonly region: string;
  /** @throws StackNotFoundError when there is none. */
  stateMachineArn(): Promise<string>;
  /** Aborts when the cloud is gone. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** Opens AWS with `--aws`, else the directory's embedded cloud, which is started if it does not run. */
export async function openTarget(session: Session, options: TargetOptions): Promise<Target> {
  if (options.aws) {
    const { openDeployedStack } = await import('./deployedStack.js');
    return openDeployedStack(options, session.interruption.signal);
  }
  const { openLocalTarget } = await import('./localTarget.js');
  return openLocalTarget(session, options.needs ?? 'any');
}

/** Opens a cloud for the time of one piece of work. */
export async function withTarget<T>(
  session: Session,
  options: TargetOptions,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await openTarget(session, options);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}
