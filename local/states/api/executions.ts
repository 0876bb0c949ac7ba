import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../../../run/errors.js';
import { checkName } from '../arns.js';
import { hashInput } from '../engine/executionEngine.js';
import { detail } from '../engine/mapRuns.js';
import { StatesApiError } from '../errors.js';
import { maximumPayloadBytes, parseJson } from '../json.js';
import type { ExecutionRecord } from '../store/executionStore.js';
import { readEnds, readHistory } from '../store/historyFile.js';
import { includedData, operation, paging, type ServiceParts } from './operation.js';
import { pageOf } from './paging.js';
import { requireStateMachine } from './stateMachines.js';
import { toEpochSeconds } from './timestamps.js';

/** @throws StatesApiError InvalidArn, ExecutionDoesNotExist */
function requireExecution(arn: string, { arns, executions }: ServiceParts): ExecutionRecord {
  arns.check('execution', arn);
  const found = executions.get(arn);
  if (found) return found;
  throw new StatesApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

/** Starts an execution, or finds the running one of the same name and input. */
export async function startExecutionOf(
  request: { stateMachineArn: string; name?: string; input?: string },
  parts: ServiceParts,
): Promise<ExecutionRecord> {
  const machine = requireStateMachine(request.stateMachineArn, parts);
  const { name = randomUUID(), input = '{}' } = request;
  checkName(name);
  checkInput(input);
  const arn = parts.arns.execution(machine.name, name);
  const existing = parts.executions.get(arn);
  if (existing) {
    if (existing.status === 'RUNNING' && existing.inputHash === hashInput(input)) return existing;
    throw new StatesApiError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }
  const definition = parts.stateMachines.definitionOf(machine);
  parts.engine.launch({
    arn,
    name,
    stateMachine: machine,
    roleArn: machine.roleArn,
    revisionId: machine.revisionId,
    flow: definition,
    timeoutSeconds: definition.TimeoutSeconds,
    input,
  });
  await parts.executions.flush();
  return requireExecution(arn, parts);
}

function checkInput(input: string): void {
  const bytes = Buffer.byteLength(input);
  if (bytes > maximumPayloadBytes) {
    throw new StatesApiError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: ${bytes} bytes are more than the maximum of ${maximumPayloadBytes} bytes.`,
    );
  }
  try {
    parseJson(input);
  } catch (error) {
    throw new StatesApiError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${messageOf(error)}'`);
  }
}

/** The answer of DescribeExecution. */
export async function describeRecord(live: ExecutionRecord, parts: ServiceParts, withData: boolean): Promise<object> {
  // The execution may end while its history is read; what is told is how it was before.
  const record = { ...live };
  const { first, last } = await readEnds(await parts.executions.historyOf(record.arn));
  const end = record.status === 'RUNNING' ? undefined : last;
  const data = {
    input: detail(first, 'input'),
    inputDetails: { included: true },
    output: detail(end, 'output'),
    ...(detail(end, 'output') !== undefined && { outputDetails: { included: true } }),
  };
  return {
    ...listed(record),
    ...(withData ? data : { inputDetails: { included: false } }),
    error: detail(end, 'error'),
    cause: detail(end, 'cause'),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The local cloud does not redrive executions.',
  };
}

function listed(record: ExecutionRecord) {
  return {
    executionArn: record.arn,
    stateMachineArn: record.stateMachineArn,
    name: record.name,
    status: record.status,
    startDate: toEpochSeconds(record.startedAtMs),
    stopDate: record.stoppedAtMs === undefined ? undefined : toEpochSeconds(record.stoppedAtMs),
    mapRunArn: record.mapRunArn,
    redriveCount: 0,
  };
}

export const startExecution = operation(
  z.strictObject({ stateMachineArn: z.string(), name: z.string().optional(), input: z.string().optional() }),
  async (input, parts) => {
    const record = await startExecutionOf(input, parts);
    return { executionArn: record.arn, startDate: toEpochSeconds(record.startedAtMs) };
  },
);

export const stopExecution = operation(
  z.strictObject({
    executionArn: z.string(),
    error: z.string().max(256).optional(),
    cause: z.string().max(32_768).optional(),
  }),
  async ({ executionArn, ...details }, parts) => {
    const record = requireExecution(executionArn, parts);
    await parts.engine.stop(executionArn, details);
    return { stopDate: toEpochSeconds(record.stoppedAtMs ?? record.startedAtMs) };
  },
);

export const describeExecution = operation(
  z.strictObject({ executionArn: z.string(), ...includedData }),
  async (input, parts) => {
    const record = requireExecution(input.executionArn, parts);
    return describeRecord(record, parts, input.includedData === 'ALL_DATA');
  },
);

export const listExecutions = operation(
  z
    .strictObject({
      stateMachineArn: z.string().optional(),
      mapRunArn: z.string().optional(),
      statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']).optional(),
      redriveFilter: z.enum(['REDRIVEN', 'NOT_REDRIVEN']).optional(),
      ...paging,
    })
    .refine(
      ({ stateMachineArn, mapRunArn }) => (stateMachineArn === undefined) !== (mapRunArn === undefined),
      'needs exactly one of stateMachineArn and mapRunArn',
    ),
  (input, parts) => {
    const owner = ownerOf(input, parts);
    const { entries, ...rest } = pageOf(parts.executions.listOf(owner), input, ({ status }) => {
      const isWanted = input.statusFilter === undefined || input.statusFilter === status;
      return isWanted && input.redriveFilter !== 'REDRIVEN';
    });
    return { executions: entries.map((record) => ({ ...listed(record), itemCount: record.itemCount })), ...rest };
  },
);

function ownerOf(
  { stateMachineArn, mapRunArn }: { stateMachineArn?: string; mapRunArn?: string },
  parts: ServiceParts,
): string {
  if (mapRunArn === undefined) return requireStateMachine(stateMachineArn ?? '', parts).arn;
  parts.arns.check('mapRun', mapRunArn);
  if (parts.mapRunRecords.get(mapRunArn)) return mapRunArn;
  throw new StatesApiError('ResourceNotFound', `Resource Not Found: '${mapRunArn}'`);
}

export const getExecutionHistory = operation(
  z.strictObject({
    executionArn: z.string(),
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.boolean().default(true),
    ...paging,
  }),
  async ({ executionArn, includeExecutionData, ...page }, parts) => {
    const { arn } = requireExecution(executionArn, parts);
    const { events, ...rest } = await readHistory(await parts.executions.historyOf(arn), page);
    return { events: includeExecutionData ? events : events.map(withoutData), ...rest };
  },
);

/** Members of event details that carry data of the execution. */
const dataMembers = new Set(['input', 'output', 'parameters', 'assignedVariables']);

function withoutData(event: object): object {
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => {
      if (typeof value !== 'object' || value === null) return [key, value];
      return [key, Object.fromEntries(Object.entries(value).filter(([name]) => !dataMembers.has(name)))];
    }),
  );
}
