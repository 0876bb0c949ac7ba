import { CloudNotRunningError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { isAlive, stopStack } from './stackClient.js';
import { currentHolder } from './stackLock.js';

/**
 * `muster down`: ends the embedded cloud of the directory, wherever it was started, and waits until it has ended.
 *
 * @throws CloudNotRunningError
 */
export async function down({ directory, interruption, terminal }: Session): Promise<ExitCode> {
  const holder = await currentHolder(directory.lockFolder);
  if (!holder || !(await isAlive(holder, directory.path))) throw new CloudNotRunningError(directory.path);
  await stopStack(holder, interruption.signal);
  terminal.say(`The embedded cloud (process ${holder.pid}) has ended.`);
  terminal.result({ stopped: true, pid: holder.pid });
  return exitCodes.success;
}
