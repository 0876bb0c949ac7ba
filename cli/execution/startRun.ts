import { randomInt } from 'node:crypto';
import { ExecutionAlreadyExists, InvalidName, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { RunNameError } from '../errors.js';

export interface StartedRun {
  readonly runId: string;
  readonly executionArn: string;
}

const nameLetters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A run name that sorts by time: `muster-20250301-123456-x7k2`, in UTC. */
export function makeRunName(now: Date): string {
  const [day, time] = now.toISOString().replaceAll(/[-:]/g, '').split('T');
  const suffix = Array.from({ length: 4 }, () => nameLetters[randomInt(nameLetters.length)]).join('');
  return `muster-${day}-${time.slice(0, 6)}-${suffix}`;
}

/** The characters and length that an execution's name may have and that also fit into keys. */
export const isRunName = (name: string): boolean => /^[A-Za-z0-9_-]{1,80}$/.test(name);

/**
 * Starts an execution; its input is the payload as it was written.
 *
 * @throws RunNameError when the name cannot be used or is taken.
 */
export async function startRun(
  sfn: SFNClient,
  stateMachineArn: string,
  payload: unknown,
  name = makeRunName(new Date()),
): Promise<StartedRun> {
  if (!isRunName(name))
    throw new RunNameError(`"${name}" cannot name a run: expected 1-80 letters, digits, "-" and "_".`);
  try {
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(payload) }),
    );
    if (executionArn === undefined) throw new Error('StartExecution answered without an ARN');
    return { runId: name, executionArn };
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) {
      throw new RunNameError(`There is already a run "${name}".`, { remedy: 'Choose another --name.', cause: error });
    }
    if (error instanceof InvalidName)
      throw new RunNameError(`"${name}" cannot name a run: ${error.message}`, { cause: error });
    throw error;
  }
}
