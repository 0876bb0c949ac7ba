import type { Happening } from '../../events/eventBus.js';
import type { ExecutionRecord } from '../store/executionStore.js';

/**
 * That an execution has ended, as EventBridge is told of it.
 *
 * Source: AWS Step Functions Developer Guide, "Automating Step Functions event delivery with EventBridge".
 */
export function statusChange(
  { arn, name, stateMachineArn, status, startedAtMs, stoppedAtMs }: ExecutionRecord,
  input: string,
  ended: { readonly output?: string; readonly error?: string; readonly cause?: string },
): Happening {
  return {
    source: 'aws.states',
    detailType: 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn,
      name,
      status,
      startDate: startedAtMs,
      stopDate: stoppedAtMs ?? null,
      input,
      inputDetails: { included: true },
      output: ended.output ?? null,
      outputDetails: ended.output === undefined ? null : { included: true },
      error: ended.error ?? null,
      cause: ended.cause ?? null,
    },
  };
}
