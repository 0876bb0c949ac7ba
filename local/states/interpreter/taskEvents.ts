import type { StateFailure } from '../errors.js';
import type { TaskIntegration } from '../integrations/integration.js';
import type { Json, JsonObject } from '../json.js';
import type { Frame } from './frame.js';
import type { TaskLimits } from './states/task.js';

/** The events that one attempt of a task leaves in the history. */
export interface TaskEvents {
  scheduled(args: Json, limits: TaskLimits): void;
  started(): void;
  submitted(output: Json): void;
  succeeded(result: Json): void;
  failed(failure: StateFailure, timedOut: boolean): void;
}

/** A service integration leaves `Task...` events; a bare function ARN leaves `LambdaFunction...` events. */
export function taskEventsOf(integration: TaskIntegration, frame: Frame): TaskEvents {
  return integration.resourceType === undefined
    ? lambdaFunctionEvents(integration, frame)
    : serviceEvents(integration, frame);
}

function limitsDetails({ timeoutSeconds, heartbeatSeconds }: TaskLimits): JsonObject {
  return {
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  };
}

function outputDetails(output: Json): JsonObject {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

function serviceEvents({ resourceType = '', resource }: TaskIntegration, { trail, environment }: Frame): TaskEvents {
  const subject = { resourceType, resource };
  return {
    scheduled(args, limits) {
      const parameters = JSON.stringify(args);
      const details = { ...subject, region: environment.region, parameters, ...limitsDetails(limits) };
      trail.add('TaskScheduled', { taskScheduledEventDetails: details });
    },
    started: () => trail.add('TaskStarted', { taskStartedEventDetails: subject }),
    submitted: (output) =>
      trail.add('TaskSubmitted', { taskSubmittedEventDetails: { ...subject, ...outputDetails(output) } }),
    succeeded: (result) =>
      trail.add('TaskSucceeded', { taskSucceededEventDetails: { ...subject, ...outputDetails(result) } }),
    failed(failure, timedOut) {
      const details = { ...subject, error: failure.errorName, cause: failure.causeText };
      if (timedOut) trail.add('TaskTimedOut', { taskTimedOutEventDetails: details });
      else trail.add('TaskFailed', { taskFailedEventDetails: details });
    },
  };
}

function lambdaFunctionEvents({ resource }: TaskIntegration, { trail }: Frame): TaskEvents {
  return {
    scheduled(args, { timeoutSeconds }) {
      const details = {
        resource,
        input: JSON.stringify(args),
        inputDetails: { truncated: false },
        ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
      };
      trail.add('LambdaFunctionScheduled', { lambdaFunctionScheduledEventDetails: details });
    },
    started: () => trail.add('LambdaFunctionStarted'),
    submitted: () => undefined,
    succeeded: (result) =>
      trail.add('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: outputDetails(result) }),
    failed(failure, timedOut) {
      const details = { error: failure.errorName, cause: failure.causeText };
      if (timedOut) trail.add('LambdaFunctionTimedOut', { lambdaFunctionTimedOutEventDetails: details });
      else trail.add('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: details });
    },
  };
}
