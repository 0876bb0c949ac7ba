import { jsonPathTask, parallelBranches, variableScopes } from './dataflow.js';
import { batchedMap, mapOverListing, mapOverObject, waitingMap } from './maps.js';
import { rankedJob } from './rankedJob.js';
import { bareFunction, nestedExecution, objectTasks, retryThenCatch, waitingTask, waits } from './tasks.js';

/*
 * The state machines that the tests of this folder run. Both validators of the States Language accept every one of them
 * (validators.test.ts), so that what the local cloud accepts here is what AWS accepts.
 */

/** Every example by name. */
export const definitions: Readonly<Record<string, object>> = {
  rankedJob,
  jsonPathTask,
  variableScopes,
  retryThenCatch,
  bareFunction,
  parallelBranches,
  waits,
  batchedMap,
  mapOverCsv: mapOverObject({ InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }),
  mapOverJson: mapOverObject({ InputType: 'JSON' }, { Transformation: 'FLATTEN', OutputType: 'JSONL' }),
  mapOverListing,
  objectTasks,
  nestedExecution,
  waitingTask,
  waitingMap,
};
