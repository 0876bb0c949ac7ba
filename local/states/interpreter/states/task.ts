import type { TaskState } from '../../asl/definition.js';
import { atLeast } from '../../asl/fields.js';
import { StateFailure } from '../../errors.js';
import type { TaskIntegration } from '../../integrations/integration.js';
import type { Json } from '../../json.js';
import { type Completion, checkPayload } from '../dataflow.js';
import { asFailure, handleErrors, type Outcome } from '../handleErrors.js';
import { LinkedAbort, orAborted } from '../linkedAbort.js';
import type { StateVisit } from '../stateVisit.js';
import { type TaskEvents, taskEventsOf } from '../taskEvents.js';

/** Has a piece of work done elsewhere and waits for its result. */
export function runTask(visit: StateVisit<TaskState>): Promise<Outcome> {
  const integration = visit.frame.environment.tasks.find(visit.state.Resource);
  return handleErrors(visit, () => attemptTask(visit, integration));
}

async function attemptTask(visit: StateVisit<TaskState>, integration: TaskIntegration): Promise<Completion> {
  const { state, frame, dataflow } = visit;
  const args = await dataflow.workInput();
  checkPayload(args, 'The input of the task');
  const limits = await readLimits(visit);
  const events = taskEventsOf(integration, frame);
  events.scheduled(args, limits);
  events.started();
  let result: Json;
  try {
    result = await runWithin(limits, visit, integration, args, events);
    checkPayload(result, `The result of ${state.Resource}`);
  } catch (error) {
    const failure = asFailure(error, frame);
    const timedOut = failure instanceof TaskTimeout;
    events.failed(failure, timedOut);
    throw failure;
  }
  events.succeeded(result);
  return dataflow.complete(result);
}

/** A task that took too long: the history tells it from one that failed. */
class TaskTimeout extends StateFailure {}

/** Times that end a task, in seconds. */
export interface TaskLimits {
  timeoutSeconds?: number;
  heartbeatSeconds?: number;
}

async function readLimits({ state, dataflow }: StateVisit<TaskState>): Promise<TaskLimits> {
  const [timeoutSeconds, heartbeatSeconds] = [
    await dataflow.number({
      name: 'TimeoutSeconds',
      value: state.TimeoutSeconds,
      path: state.TimeoutSecondsPath,
      rule: atLeast(1),
    }),
    await dataflow.number({
      name: 'HeartbeatSeconds',
      value: state.HeartbeatSeconds,
      path: state.HeartbeatSecondsPath,
      rule: atLeast(1),
    }),
  ];
  return { timeoutSeconds, heartbeatSeconds };
}

/** Runs the work; a limit that passes ends it. No supported integration sends heartbeats, so none can arrive in time. */
async function runWithin(
  { timeoutSeconds, heartbeatSeconds }: TaskLimits,
  { frame }: StateVisit<TaskState>,
  integration: TaskIntegration,
  args: Json,
  events: TaskEvents,
): Promise<Json> {
  const stop = new LinkedAbort(frame.signal);
  const timers = new LinkedAbort();
  const endAfter = (seconds: number | undefined, errorName: string, cause: string): void => {
    if (seconds === undefined) return;
    frame.environment.clock.sleep(seconds * 1_000, timers.signal).then(
      () => stop.abort(new TaskTimeout(errorName, cause)),
      () => undefined,
    );
  };
  endAfter(timeoutSeconds, 'States.Timeout', `The task did not end within TimeoutSeconds (${timeoutSeconds} s).`);
  endAfter(
    heartbeatSeconds,
    'States.HeartbeatTimeout',
    `No heartbeat within HeartbeatSeconds (${heartbeatSeconds} s).`,
  );
  try {
    const call = {
      signal: stop.signal,
      submitted: (output: Json) => events.submitted(output),
      executionArn: frame.environment.arn,
    };
    return await orAborted(integration.run(args, call), stop.signal);
  } finally {
    timers.abort(new Error('the task has ended'));
    stop.release();
  }
}
