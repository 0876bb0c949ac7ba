import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeStateMachineForExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { functionsIn } from '../cloud/stackFunctions.js';
import { StopIncompleteError } from '../errors.js';
import { runIdOf } from './executionArn.js';
import { readHistory } from './executionHistory.js';
import type { RunAddress } from './runSnapshot.js';

/**
 * Tells the executors of a stopped execution, which StopExecution does not end, to end after their partition, and those
 * who wait for each other that nobody comes.
 *
 * @returns where the run wrote; undefined when it had not come to plan anything, so that there is nobody to tell.
 * @throws StopIncompleteError
 */
export async function releaseRun(
  clients: { readonly sfn: SFNClient; readonly lambda: LambdaClient },
  executionArn: string,
  cause: string,
): Promise<RunAddress | undefined> {
  const runId = runIdOf(executionArn);
  const { address } = await readHistory(clients.sfn, executionArn);
  if (!address) return undefined;
  const { bucket, resultPrefix } = address;
  try {
    const functionName = await releaseFunctionOf(clients.sfn, executionArn);
    const event = { stop: { runId, bucket, resultPrefix, cause } };
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
    );
    if (answer.FunctionError !== undefined)
      throw new Error(answer.Payload?.transformToString() ?? answer.FunctionError);
    return address;
  } catch (error) {
    throw new StopIncompleteError(runId, error);
  }
}

/** As the execution itself would call it, whatever the stack calls its functions. */
async function releaseFunctionOf(sfn: SFNClient, executionArn: string): Promise<string> {
  const { definition, stateMachineArn = '' } = await sfn.send(
    new DescribeStateMachineForExecutionCommand({ executionArn }),
  );
  return functionsIn(definition, stateMachineArn).release;
}
