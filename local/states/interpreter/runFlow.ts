import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Flow, State, StateType } from '../asl/definition.js';
import type { Json, JsonObject } from '../json.js';
import { runMap } from '../map/mapState.js';
import { checkPayload } from './dataflow.js';
import type { Frame } from './frame.js';
import type { Outcome } from './handleErrors.js';
import { runChoice } from './states/choice.js';
import { runFail } from './states/fail.js';
import { runParallel } from './states/parallel.js';
import { runPass } from './states/pass.js';
import { runSucceed } from './states/succeed.js';
import { runTask } from './states/task.js';
import { runWait } from './states/wait.js';
import { StateVisit } from './stateVisit.js';

/**
 * Runs a flow from its first state to its end.
 *
 * @returns the output of its last state
 * @throws StateFailure when a state fails; the reason of the frame's signal when that is aborted.
 */
export async function runFlow(flow: Flow, input: Json, frame: Frame): Promise<Json> {
  let name = flow.StartAt;
  let data = input;
  for (;;) {
    await frame.environment.history.ready();
    frame.signal.throwIfAborted();
    const { output, next } = await visitState(name, flow.States[name]!, data, frame);
    if (next === undefined) return output;
    name = next;
    data = output;
  }
}

const abortedEvents: Partial<Record<StateType, HistoryEventType>> = {
  Task: 'TaskStateAborted',
  Wait: 'WaitStateAborted',
  Parallel: 'ParallelStateAborted',
  Map: 'MapStateAborted',
};

/** Takes a state from its entry to its exit, with the events of both. */
async function enter<Entered extends State>(
  visit: StateVisit<Entered>,
  run: (visit: StateVisit<Entered>) => Promise<Outcome>,
): Promise<Outcome> {
  const { name, state, input, frame } = visit;
  frame.trail.add(`${state.Type}StateEntered`, {
    stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: { truncated: false } },
  });
  try {
    checkPayload(input, `The input of the state '${name}'`);
    const outcome = await run(visit);
    checkPayload(outcome.output, `The output of the state '${name}'`);
    frame.scope.assign(outcome.assigned);
    if (state.Type !== 'Fail') frame.trail.add(`${state.Type}StateExited`, exitDetails(name, outcome));
    return outcome;
  } catch (error) {
    const aborted = abortedEvents[state.Type];
    if (frame.signal.aborted && aborted) frame.trail.add(aborted);
    visit.note(error);
    throw error;
  }
}

function exitDetails(name: string, { output, assigned }: Outcome): JsonObject {
  const variables = Object.entries(assigned).map(([key, value]) => [key, JSON.stringify(value)]);
  return {
    stateExitedEventDetails: {
      name,
      output: JSON.stringify(output),
      outputDetails: { truncated: false },
      ...(variables.length > 0 && {
        assignedVariables: Object.fromEntries(variables),
        assignedVariablesDetails: { truncated: false },
      }),
    },
  };
}

function visitState(name: string, state: State, input: Json, frame: Frame): Promise<Outcome> {
  switch (state.Type) {
    case 'Task':
      return enter(new StateVisit(name, state, input, frame), runTask);
    case 'Pass':
      return enter(new StateVisit(name, state, input, frame), runPass);
    case 'Choice':
      return enter(new StateVisit(name, state, input, frame), runChoice);
    case 'Wait':
      return enter(new StateVisit(name, state, input, frame), runWait);
    case 'Succeed':
      return enter(new StateVisit(name, state, input, frame), runSucceed);
    case 'Fail':
      return enter(new StateVisit(name, state, input, frame), runFail);
    case 'Parallel':
      return enter(new StateVisit(name, state, input, frame), runParallel);
    case 'Map':
      return enter(new StateVisit(name, state, input, frame), runMap);
  }
}
