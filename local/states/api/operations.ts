import { StatesApiError } from '../errors.js';
import { describeExecution, getExecutionHistory, listExecutions, startExecution, stopExecution } from './executions.js';
import { describeMapRun, listMapRuns, updateMapRun } from './mapRuns.js';
import type { Operation } from './operation.js';
import {
  createStateMachine,
  deleteStateMachine,
  describeStateMachine,
  describeStateMachineForExecution,
  listStateMachines,
  listTagsForResource,
  tagResource,
  untagResource,
  updateStateMachine,
  validateStateMachineDefinition,
} from './stateMachines.js';

const startSyncExecution: Operation = async () => {
  throw new StatesApiError(
    'StateMachineTypeNotSupported',
    'StartSyncExecution needs an EXPRESS state machine; the local cloud runs STANDARD ones only.',
    'Use StartExecution and DescribeExecution.',
  );
};

/** Every operation of the API by its name. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    CreateStateMachine: createStateMachine,
    DeleteStateMachine: deleteStateMachine,
    DescribeExecution: describeExecution,
    DescribeMapRun: describeMapRun,
    DescribeStateMachine: describeStateMachine,
    DescribeStateMachineForExecution: describeStateMachineForExecution,
    GetExecutionHistory: getExecutionHistory,
    ListExecutions: listExecutions,
    ListMapRuns: listMapRuns,
    ListStateMachines: listStateMachines,
    ListTagsForResource: listTagsForResource,
    StartExecution: startExecution,
    StartSyncExecution: startSyncExecution,
    StopExecution: stopExecution,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateMapRun: updateMapRun,
    UpdateStateMachine: updateStateMachine,
    ValidateStateMachineDefinition: validateStateMachineDefinition,
  }),
);
