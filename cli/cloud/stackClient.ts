import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { CloudHangsError, CloudStartError } from '../errors.js';
import type { Holder } from './stackLock.js';
import { type StackState, stackStateSchema } from './stackState.js';

/** How long a living cloud may take to say that it lives. */
const aliveTimeoutMs = 5_000;

interface AskOptions {
  readonly method?: 'GET' | 'POST';
  readonly signal?: AbortSignal;
}

async function ask(
  holder: Holder,
  path: string,
  { method = 'GET', signal }: AskOptions = {},
): Promise<IncomingMessage> {
  const asked = request(new URL(path, holder.controlUrl), {
    method,
    agent: false,
    signal,
    headers: { authorization: `Bearer ${holder.token}` },
  });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

/**
 * Whether the process that a lock names still runs. A port that refuses, or that meanwhile belongs to somebody else,
 * says that it does not.
 *
 * @throws CloudHangsError when the process is there but does not answer.
 */
export async function isAlive(holder: Holder, directory: string): Promise<boolean> {
  try {
    const response = await ask(holder, '/alive', { signal: AbortSignal.timeout(aliveTimeoutMs) });
    return (await text(response)) === JSON.stringify({ id: holder.id });
  } catch (error) {
    if ((error as Error).name !== 'AbortError' || !processExists(holder.pid)) return false;
    throw new CloudHangsError(directory, holder.pid, aliveTimeoutMs);
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A command's hold on a cloud that another process runs. */
export interface StackUse {
  readonly state: StackState;
  /** Resolves when the cloud ends under the command. */
  readonly ended: Promise<void>;
  release(): void;
}

/**
 * Joins a running cloud, or one that is starting, as a user. Undefined when it has ended instead; then it is over
 * completely.
 */
export async function useStack(holder: Holder, signal?: AbortSignal): Promise<StackUse | undefined> {
  const lease = new AbortController();
  const leaving = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
  try {
    const use = await ask(holder, '/use', { signal: leaving });
    use.on('error', () => {});
    use.resume();
    const ended = new Promise<void>((resolve) => use.on('close', resolve));
    if (use.statusCode !== 200) {
      await ended;
      return undefined;
    }
    const response = await ask(holder, '/state', { signal: leaving });
    const state = stackStateSchema.parse(JSON.parse(await text(response)));
    return { state, ended, release: () => lease.abort() };
  } catch (error) {
    signal?.throwIfAborted();
    if (isConnectionLoss(error)) return undefined;
    throw error;
  }
}

/** Asks a cloud to end and waits until it has. */
export async function stopStack(holder: Holder, signal?: AbortSignal): Promise<void> {
  try {
    const response = await ask(holder, '/stop', { method: 'POST', signal });
    if (response.statusCode !== 200)
      throw new CloudStartError(`The embedded cloud refused to end (${response.statusCode}).`);
    await text(response);
  } catch (error) {
    signal?.throwIfAborted();
    if (!isConnectionLoss(error)) throw error;
  }
}

function isConnectionLoss(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE';
}
