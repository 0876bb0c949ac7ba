import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CloudStartError, NotBuiltError } from '../errors.js';
import { packageRoot } from '../packageRoot.js';
import { type StackState, stackStateSchema } from './stackState.js';
import { readJsonFile, type StateDirectory } from './stateDirectory.js';

/** Lines of the log that an error shows. */
const shownLogLines = 15;

/**
 * Starts `muster up` as a process that stays when this one ends, and waits until it is ready. It logs to
 * `.muster/cloud.log`.
 *
 * @throws CloudStartError with the end of that log.
 */
export async function startInBackground(
  directory: StateDirectory,
  options: { readonly port: number; readonly concurrency?: number },
  signal: AbortSignal,
): Promise<StackState> {
  const entry = join(packageRoot, 'dist', 'cli', 'muster.js');
  await access(entry).catch(() => {
    throw new NotBuiltError(entry);
  });
  await mkdir(directory.path, { recursive: true });
  const log = await open(directory.backgroundLog, 'w', 0o600);
  const concurrency = options.concurrency === undefined ? [] : ['--concurrency', String(options.concurrency)];
  const args = [entry, 'up', '--json', '--directory', directory.path, '--port', String(options.port), ...concurrency];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', log.fd] });
  const { stdout } = child;
  if (stdout === null) throw new Error('spawn gave no stdout although a pipe was asked for');
  try {
    const lines = createInterface({ input: stdout });
    const ready = once(lines, 'line', { signal });
    const exited = once(child, 'exit', { signal });
    const first = await Promise.race([ready.then(() => 'ready' as const), exited.then(() => 'exited' as const)]);
    const state = await readJsonFile(directory.cloudFile, stackStateSchema);
    if (first === 'ready' && state && state.pid === child.pid) return state;
    throw new CloudStartError(`The embedded cloud did not start:\n${await logTail(directory.backgroundLog)}`);
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  } finally {
    stdout.destroy();
    child.unref();
    await log.close();
  }
}

async function logTail(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-shownLogLines).join('\n');
}
