import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type QueryOperation, readParameters } from '../../query/queryService.js';
import type { XmlChildren } from '../../xml.js';
import { CloudFormationError } from '../errors.js';
import { plannedChanges, wantedResources } from '../stacks/deployment.js';
import { newStack, type StackRecord } from '../stacks/stackRecord.js';
import { startDeletion, startDeployment } from './deploy.js';
import { readSource, sourceParameters, stackNameSchema } from './source.js';
import { type Surroundings, scopeOf } from './surroundings.js';

/** A stack can be changed while nothing else is being done to it, and when its last change has ended well. */
const changeable = /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/;
const pageSize = 100;

/** What requests may ask of a deployment beside what it makes. */
export const deploymentOptions = {
  ClientRequestToken: z.string().optional(),
  DisableRollback: z.literal('false', 'the embedded CloudFormation always rolls back').optional(),
  EnableTerminationProtection: z.literal('false', 'the embedded CloudFormation does not protect stacks').optional(),
  NotificationARNs: z.literal('', 'the embedded CloudFormation notifies nobody').optional(),
  OnFailure: z.literal('ROLLBACK', 'the embedded CloudFormation always rolls back').optional(),
};

/** Operations on whole stacks. */
export function stackOperations(surroundings: Surroundings): Map<string, QueryOperation> {
  const { stacks, providers } = surroundings;
  return new Map<string, QueryOperation>([
    [
      'CreateStack',
      async (parameters) => {
        const request = readParameters(
          z.strictObject({ StackName: stackNameSchema, ...sourceParameters, ...deploymentOptions }),
          parameters,
        );
        const source = await readSource(request, surroundings);
        const stack = makeStack(surroundings, request.StackName, source);
        wantedResources(scopeOf(surroundings, stack, source));
        startDeployment(surroundings, stack, source, 'CREATE');
        await stacks.save(stack);
        return { StackId: stack.id };
      },
    ],
    [
      'UpdateStack',
      async (parameters) => {
        const request = readParameters(
          z.strictObject({ StackName: z.string(), ...sourceParameters, ...deploymentOptions }),
          parameters,
        );
        const stack = changeableStack(surroundings, request.StackName);
        const source = await readSource(request, surroundings, stack);
        if (plannedChanges({ ...scopeOf(surroundings, stack, source), stack, providers }).length === 0)
          throw new CloudFormationError('ValidationError', 'No updates are to be performed.');
        startDeployment(surroundings, stack, source, 'UPDATE');
        await stacks.save(stack);
        return { StackId: stack.id };
      },
    ],
    [
      'DeleteStack',
      async (parameters) => {
        const { StackName } = readParameters(
          z.strictObject({ StackName: z.string(), ClientRequestToken: z.string().optional() }),
          parameters,
        );
        const stack = stacks.find(StackName);
        if (!stack || stack.status === 'DELETE_COMPLETE') return {};
        if (stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS')
          throw new CloudFormationError(
            'ValidationError',
            `Stack [${stack.name}] cannot be deleted while in status ${stack.status}`,
          );
        startDeletion(surroundings, stack);
        await stacks.save(stack);
        return {};
      },
    ],
    [
      'DescribeStacks',
      (parameters) => {
        const { StackName, NextToken = '0' } = readParameters(
          z.strictObject({ StackName: z.string().optional(), NextToken: z.string().regex(/^\d+$/).optional() }),
          parameters,
        );
        const all = StackName === undefined ? stacks.list() : [stacks.get(StackName)];
        const start = Number(NextToken);
        return {
          Stacks: { member: all.slice(start, start + pageSize).map(describeStack) },
          NextToken: all.length > start + pageSize ? start + pageSize : undefined,
        };
      },
    ],
    [
      'SetStackPolicy',
      () => {
        throw new CloudFormationError('ValidationError', 'The embedded CloudFormation knows no stack policies.');
      },
    ],
    [
      'GetTemplate',
      (parameters) => {
        const { StackName } = readParameters(
          z.strictObject({ StackName: z.string(), TemplateStage: z.enum(['Original', 'Processed']).optional() }),
          parameters,
        );
        return { TemplateBody: stacks.get(StackName).template, StagesAvailable: { member: ['Original', 'Processed'] } };
      },
    ],
    [
      'ListExports',
      (parameters) => {
        readParameters(z.strictObject({ NextToken: z.string().optional() }), parameters);
        const member = stacks
          .list()
          .flatMap(({ id, outputs }) =>
            outputs.flatMap(({ exportName, value }) =>
              exportName === undefined ? [] : [{ ExportingStackId: id, Name: exportName, Value: value }],
            ),
          );
        return { Exports: { member } };
      },
    ],
  ]);
}

/**
 * A stack of a name that is free.
 *
 * @throws CloudFormationError AlreadyExistsException
 */
export function makeStack(
  { stacks, region, accountId }: Surroundings,
  name: string,
  source: Parameters<typeof newStack>[2],
): StackRecord {
  const present = stacks.find(name);
  if (present) throw new CloudFormationError('AlreadyExistsException', `Stack [${present.name}] already exists`);
  return newStack(name, `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/${randomUUID()}`, source);
}

/** @throws CloudFormationError ValidationError when it is not there or cannot be changed now */
export function changeableStack({ stacks }: Surroundings, name: string): StackRecord {
  const stack = stacks.get(name);
  if (changeable.test(stack.status)) return stack;
  throw new CloudFormationError(
    'ValidationError',
    `Stack:${stack.id} is in ${stack.status} state and can not be updated.`,
  );
}

function describeStack(stack: StackRecord): XmlChildren {
  return {
    StackId: stack.id,
    StackName: stack.name,
    CreationTime: stack.createdAt,
    LastUpdatedTime: stack.updatedAt,
    DeletionTime: stack.deletedAt,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: false,
    EnableTerminationProtection: false,
    Capabilities: { member: stack.capabilities },
    Parameters: {
      member: Object.entries(stack.parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    },
    Tags: { member: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })) },
    Outputs: {
      member: stack.outputs.map(({ key, value, description, exportName }) => ({
        OutputKey: key,
        OutputValue: value,
        Description: description,
        ExportName: exportName,
      })),
    },
  };
}
