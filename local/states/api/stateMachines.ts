import { z } from 'zod';
import { checkName } from '../arns.js';
import { checkDefinition, parseDefinition } from '../asl/parseDefinition.js';
import { StatesApiError } from '../errors.js';
import type { StateMachineRevision } from '../store/stateMachineStore.js';
import { includedData, operation, paging, type ServiceParts } from './operation.js';
import { pageOf } from './paging.js';
import { toEpochSeconds } from './timestamps.js';

/* Settings that the service knows only in the form that asks for nothing. */
const settings = {
  loggingConfiguration: z
    .strictObject({
      level: z.literal('OFF', 'the local cloud writes no execution logs: only OFF is supported').optional(),
      includeExecutionData: z.boolean().optional(),
      destinations: z.array(z.unknown()).max(0, 'the local cloud writes no execution logs').optional(),
    })
    .optional(),
  tracingConfiguration: z
    .strictObject({ enabled: z.literal(false, 'the local cloud traces nothing: only false is supported').optional() })
    .optional(),
  encryptionConfiguration: z
    .strictObject({ type: z.literal('AWS_OWNED_KEY', 'the local cloud has no KMS: only AWS_OWNED_KEY is supported') })
    .optional(),
  publish: z.literal(false, 'versions of state machines are not supported by the local cloud').optional(),
};

const roleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'must be the ARN of an IAM role');
const tags = z.array(z.strictObject({ key: z.string().min(1).max(128), value: z.string().max(256).default('') }));
const noSettings = {
  loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  tracingConfiguration: { enabled: false },
};

/** @throws StatesApiError InvalidArn, StateMachineDoesNotExist */
export function requireStateMachine(arn: string, { arns, stateMachines }: ServiceParts): StateMachineRevision {
  arns.check('stateMachine', arn);
  const found = stateMachines.get(arn);
  if (found) return found;
  throw new StatesApiError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

export const createStateMachine = operation(
  z.strictObject({
    name: z.string(),
    definition: z.string(),
    roleArn,
    type: z.enum(['STANDARD', 'EXPRESS']).default('STANDARD'),
    tags: tags.default([]),
    ...settings,
  }),
  async (input, { arns, stateMachines, resources }) => {
    checkName(input.name);
    if (input.type === 'EXPRESS') {
      throw new StatesApiError(
        'StateMachineTypeNotSupported',
        'EXPRESS state machines are not supported by the local cloud.',
      );
    }
    parseDefinition(input.definition, resources);
    const arn = arns.stateMachine(input.name);
    const existing = stateMachines.get(arn);
    if (existing) {
      const isSame = existing.definition === input.definition && existing.roleArn === input.roleArn;
      if (isSame) return { stateMachineArn: arn, creationDate: toEpochSeconds(existing.createdAtMs) };
      throw new StatesApiError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    const saved = await stateMachines.save({
      arn,
      name: input.name,
      roleArn: input.roleArn,
      definition: input.definition,
      tags: input.tags,
    });
    return { stateMachineArn: arn, creationDate: toEpochSeconds(saved.createdAtMs) };
  },
);

export const updateStateMachine = operation(
  z
    .strictObject({
      stateMachineArn: z.string(),
      definition: z.string().optional(),
      roleArn: roleArn.optional(),
      ...settings,
    })
    .refine((input) => Object.keys(input).length > 1, 'needs a definition or a roleArn'),
  async (input, parts) => {
    const existing = requireStateMachine(input.stateMachineArn, parts);
    const definition = input.definition ?? existing.definition;
    parseDefinition(definition, parts.resources);
    const { arn, name, tags: kept } = existing;
    const saved = await parts.stateMachines.save({
      arn,
      name,
      tags: kept,
      definition,
      roleArn: input.roleArn ?? existing.roleArn,
    });
    return { updateDate: toEpochSeconds(saved.updatedAtMs), revisionId: saved.revisionId };
  },
);

export const describeStateMachine = operation(
  z.strictObject({ stateMachineArn: z.string(), ...includedData }),
  (input, parts) => {
    const found = requireStateMachine(input.stateMachineArn, parts);
    return {
      stateMachineArn: found.arn,
      name: found.name,
      status: 'ACTIVE',
      definition: input.includedData === 'ALL_DATA' ? found.definition : '',
      roleArn: found.roleArn,
      type: 'STANDARD',
      creationDate: toEpochSeconds(found.createdAtMs),
      revisionId: found.revisionId,
      ...noSettings,
    };
  },
);

export const describeStateMachineForExecution = operation(
  z.strictObject({ executionArn: z.string(), ...includedData }),
  (input, { arns, executions, stateMachines, mapRunRecords }) => {
    arns.check('execution', input.executionArn);
    const execution = executions.get(input.executionArn);
    const revision = execution && stateMachines.revision(execution.revisionId);
    if (!execution || !revision) {
      throw new StatesApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${input.executionArn}'`);
    }
    const mapRun = execution.mapRunArn === undefined ? undefined : mapRunRecords.get(execution.mapRunArn);
    return {
      stateMachineArn: execution.stateMachineArn,
      name: revision.name,
      definition: input.includedData === 'ALL_DATA' ? revision.definition : '',
      roleArn: revision.roleArn,
      updateDate: toEpochSeconds(revision.updatedAtMs),
      revisionId: revision.revisionId,
      ...(mapRun && { mapRunArn: mapRun.arn, label: mapRun.label }),
      ...noSettings,
    };
  },
);

export const deleteStateMachine = operation(
  z.strictObject({ stateMachineArn: z.string() }),
  async ({ stateMachineArn }, { arns, stateMachines }) => {
    arns.check('stateMachine', stateMachineArn);
    if (stateMachines.get(stateMachineArn)) await stateMachines.delete(stateMachineArn);
    return {};
  },
);

export const listStateMachines = operation(z.strictObject(paging), (input, { stateMachines }) => {
  const { entries, ...rest } = pageOf(stateMachines.list(), input);
  const machines = entries.map(({ arn, name, createdAtMs }) => ({
    stateMachineArn: arn,
    name,
    type: 'STANDARD',
    creationDate: toEpochSeconds(createdAtMs),
  }));
  return { stateMachines: machines, ...rest };
});

export const validateStateMachineDefinition = operation(
  z.strictObject({
    definition: z.string(),
    type: z.literal('STANDARD', 'EXPRESS state machines are not supported by the local cloud').optional(),
    severity: z.enum(['ERROR', 'WARNING']).optional(),
    maxResults: z.number().int().min(0).max(100).default(100),
  }),
  ({ definition, maxResults }, { resources }) => {
    const { faults } = checkDefinition(definition, resources);
    const shown = faults.slice(0, maxResults || 100);
    return {
      result: faults.length === 0 ? 'OK' : 'FAIL',
      diagnostics: shown.map((fault) => ({ severity: 'ERROR', ...fault })),
      truncated: shown.length < faults.length,
    };
  },
);

const resourceArn = z.string();

export const listTagsForResource = operation(z.strictObject({ resourceArn }), (input, parts) => ({
  tags: requireStateMachine(input.resourceArn, parts).tags,
}));

export const tagResource = operation(z.strictObject({ resourceArn, tags }), async (input, parts) => {
  const { arn, name, roleArn: role, definition, tags: known } = requireStateMachine(input.resourceArn, parts);
  const kept = known.filter(({ key }) => !input.tags.some((tag) => tag.key === key));
  await parts.stateMachines.save({ arn, name, roleArn: role, definition, tags: [...kept, ...input.tags] });
  return {};
});

export const untagResource = operation(
  z.strictObject({ resourceArn, tagKeys: z.array(z.string()) }),
  async (input, parts) => {
    const { arn, name, roleArn: role, definition, tags: known } = requireStateMachine(input.resourceArn, parts);
    const kept = known.filter(({ key }) => !input.tagKeys.includes(key));
    await parts.stateMachines.save({ arn, name, roleArn: role, definition, tags: kept });
    return {};
  },
);
