/*
 * A run is named by its Step Functions execution:
 * arn:aws:states:<region>:<account>:stateMachine:<machine> runs as arn:aws:states:<region>:<account>:execution:<machine>:<run>
 */

/** The ARN of a run of a state machine. */
export function executionArnOf(stateMachineArn: string, runId: string): string {
  const parts = stateMachineArn.split(':');
  if (parts.length < 7 || parts[5] !== 'stateMachine') {
    throw new RangeError(`expected the ARN of a state machine, got "${stateMachineArn}"`);
  }
  return [...parts.slice(0, 5), 'execution', parts[6], runId].join(':');
}

/** The run id in an execution's ARN. */
export const runIdOf = (executionArn: string): string => executionArn.slice(executionArn.lastIndexOf(':') + 1);
