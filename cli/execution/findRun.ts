import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import type { Target } from '../cloud/target.js';
import { RunNotFoundError } from '../errors.js';
import { executionArnOf } from './executionArn.js';
import { RunObserver } from './runObserver.js';

/**
 * The observer of a run by its name; without one, of the newest run.
 *
 * @throws RunNotFoundError when there is no run at all; a name is checked at the first look.
 */
export async function findRun(
  target: Pick<Target, 'clients' | 'stateMachineArn'>,
  runId: string | undefined,
): Promise<RunObserver> {
  const { sfn } = target.clients;
  const stateMachineArn = await target.stateMachineArn();
  if (runId !== undefined) return new RunObserver(sfn, executionArnOf(stateMachineArn, runId));
  const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1 }));
  const newest = executions?.[0]?.executionArn;
  if (newest === undefined) throw new RunNotFoundError();
  return new RunObserver(sfn, newest);
}
