import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../run/errors.js';
import { AwsClients } from '../awsClients.js';
import type { Happening } from '../events/eventBus.js';
import type { Credentials } from '../sigv4.js';
import { operationName, readRequest, sendError, sendResult } from './api/awsJson.js';
import { describeRecord, startExecutionOf } from './api/executions.js';
import type { ServiceParts } from './api/operation.js';
import { operations } from './api/operations.js';
import { toEpochSeconds } from './api/timestamps.js';
import { StatesArns } from './arns.js';
import { type Clock, systemClock } from './clock.js';
import { ExecutionEngine } from './engine/executionEngine.js';
import { MapRuns } from './engine/mapRuns.js';
import { statusChange } from './engine/statusChange.js';
import { StatesApiError } from './errors.js';
import { type TaskIntegration, TaskIntegrations } from './integrations/integration.js';
import { lambdaFunction, lambdaInvoke } from './integrations/lambdaInvoke.js';
import { s3Integrations } from './integrations/s3.js';
import { type ExecutionStarter, startExecutionIntegrations } from './integrations/startExecution.js';
import { isJsonObject, type JsonObject, parseJson } from './json.js';
import { type ExecutionRecord, ExecutionStore } from './store/executionStore.js';
import { MapRunStore } from './store/mapRunStore.js';
import { StateMachineStore } from './store/stateMachineStore.js';

/** What the embedded Step Functions need to run. */
export interface StatesServiceOptions {
  /** Everything is kept under this folder. */
  directory: string;
  region: string;
  /** Twelve digits. */
  accountId: string;
  /** Where tasks call Lambda and S3, such as `http://127.0.0.1:4566`; asked at the first call. */
  endpoint: () => string;
  /** Requests must be signed with these, and tasks sign with them. */
  credentials: Credentials;
  /** Integrations by resource, beside the built-in ones or in their place. */
  integrations?: ReadonlyMap<string, TaskIntegration>;
  /** Told of executions that end. */
  publish?: (happening: Happening) => void;
  /** The system's clock where it is not given. */
  clock?: Clock;
  /** Uniform in [0, 1); `Math.random` where it is not given. */
  random?: () => number;
}

/** The embedded Step Functions: an HTTP handler that speaks the API of the real service. */
export interface StatesService {
  /** Answers one request of an AWS SDK. It never throws; requests must be signed with the service's credentials. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Aborts what runs, and resolves when all of it is on disk. */
  close(): Promise<void>;
}

/**
 * Starts the service on what an earlier process left in its folder; executions that were running then are ABORTED.
 *
 * @throws CorruptJournalError when the folder holds something else
 */
export async function createStatesService(options: StatesServiceOptions): Promise<StatesService> {
  const { directory, region, accountId, clock = systemClock, random = Math.random } = options;
  const clients = new AwsClients(options);
  const arns = new StatesArns(region, accountId);
  const started: { parts?: ServiceParts } = {};
  const tasks = new TaskIntegrations(
    new Map([
      ['arn:aws:states:::lambda:invoke', lambdaInvoke(clients)],
      ...s3Integrations(clients),
      ...startExecutionIntegrations(starterIn(() => started.parts)),
      ...(options.integrations ?? []),
    ]),
    (functionArn) => lambdaFunction(clients, functionArn),
  );
  const executions = await ExecutionStore.open(directory, clock);
  const mapRunRecords = await MapRunStore.open(directory, clock);
  const stateMachines = await StateMachineStore.open(directory, clock, tasks);
  const mapRuns = new MapRuns({ arns, clock, store: mapRunRecords, executions, s3: () => clients.s3 });
  const engine = new ExecutionEngine({
    clock,
    random,
    region,
    store: executions,
    tasks,
    mapRuns: (owner) => mapRuns.hostFor(owner),
    onEnd: (arn, input, end) => {
      const record = executions.get(arn);
      if (record) options.publish?.(statusChange(record, input, end));
    },
  });
  const parts: ServiceParts = { arns, resources: tasks, stateMachines, executions, mapRunRecords, mapRuns, engine };
  started.parts = parts;
  return {
    handle: (request, response) => answer(request, response, parts, options.credentials),
    async close() {
      await engine.close();
      await Promise.all([executions.flush(), mapRunRecords.flush(), stateMachines.flush()]);
      clients.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: ServiceParts,
  credentials: Credentials,
): Promise<void> {
  try {
    const name = operationName(request);
    const operation = operations.get(name);
    if (!operation) {
      throw new StatesApiError(
        'UnknownOperationException',
        `The local cloud does not know the operation ${name} of Step Functions.`,
      );
    }
    if (parts.engine.fault !== undefined) {
      throw new StatesApiError(
        'InternalFailure',
        `Executions cannot be recorded any more: ${messageOf(parts.engine.fault)}`,
      );
    }
    sendResult(response, await operation(await readRequest(request, credentials), parts));
  } catch (error) {
    sendError(response, error);
  }
}

/** Lets tasks start executions in the service that they run in. */
function starterIn(service: () => ServiceParts | undefined): ExecutionStarter {
  return {
    async start(request) {
      const parts = service();
      if (!parts) throw new StatesApiError('InternalFailure', 'The service has not started yet.');
      const record = await startExecutionOf(request, parts);
      return {
        executionArn: record.arn,
        startDate: toEpochSeconds(record.startedAtMs),
        ended: parts.engine.waitFor(record.arn).then(() => descriptionOf(record, parts)),
        stop: (cause) => void parts.engine.stop(record.arn, { cause }),
      };
    },
  };
}

/** The answer of DescribeExecution as a client sees it. */
async function descriptionOf(record: ExecutionRecord, parts: ServiceParts): Promise<JsonObject> {
  const answer = parseJson(JSON.stringify(await describeRecord(record, parts, true)));
  return isJsonObject(answer) ? answer : {};
}
