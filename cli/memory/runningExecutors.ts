import { paginateListExecutions, type SFNClient } from '@aws-sdk/client-sfn';
import { planKey } from '../../run/keys.js';
import { planSchema } from '../../run/plan.js';
import type { ObjectStore } from '../../storage/objectStore.js';
import { readHistory } from '../execution/executionHistory.js';

/** A run under way, and the version of the executor that it keeps to; undefined while that is not decided. */
export interface ExecutorUse {
  readonly runId: string;
  readonly qualifier: string | undefined;
}

const versionSchema = planSchema.pick({ runId: true, executorQualifier: true });

/** Which versions of the executor the runs of a state machine use right now. */
export async function runningExecutors(
  { sfn, store }: { readonly sfn: SFNClient; readonly store: ObjectStore },
  stateMachineArn: string,
): Promise<ExecutorUse[]> {
  const uses: ExecutorUse[] = [];
  const running = { stateMachineArn, statusFilter: 'RUNNING' } as const;
  for await (const { executions } of paginateListExecutions({ client: sfn }, running)) {
    for (const { executionArn = '', name: runId = '' } of executions ?? []) {
      const { address } = await readHistory(sfn, executionArn);
      const plan = address && (await store.findJson(address.bucket, planKey(address.resultPrefix), versionSchema));
      uses.push({ runId, qualifier: plan?.value.executorQualifier });
    }
  }
  return uses;
}
