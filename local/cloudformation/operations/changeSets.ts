import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type QueryOperation, readParameters } from '../../query/queryService.js';
import { CloudFormationError } from '../errors.js';
import { plannedChanges } from '../stacks/deployment.js';
import type { ChangeSetRecord, StackRecord } from '../stacks/stackRecord.js';
import { startDeployment } from './deploy.js';
import { readSource, sourceParameters, stackNameSchema } from './source.js';
import { changeableStack, deploymentOptions, makeStack } from './stacks.js';
import { type Surroundings, scopeOf } from './surroundings.js';

const changeSetNameSchema = z.string().regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/, 'must be letters, digits and hyphens');
const namedSchema = z.strictObject({
  StackName: z.string().optional(),
  ChangeSetName: z.string(),
  NextToken: z.string().optional(),
});

/** Operations on change sets: what a deployment would do, looked at before it is done. */
export function changeSetOperations(surroundings: Surroundings): Map<string, QueryOperation> {
  const { stacks, providers, region, accountId } = surroundings;
  return new Map<string, QueryOperation>([
    [
      'CreateChangeSet',
      async (parameters) => {
        const request = readParameters(
          z.strictObject({
            StackName: stackNameSchema,
            ChangeSetName: changeSetNameSchema,
            ChangeSetType: z.enum(['CREATE', 'UPDATE']).default('UPDATE'),
            Description: z.string().optional(),
            ClientToken: z.string().optional(),
            NotificationARNs: deploymentOptions.NotificationARNs,
            ...sourceParameters,
          }),
          parameters,
        );
        const { ChangeSetType: type, ChangeSetName: name } = request;
        const present = stacks.find(request.StackName);
        const isReviewed = present?.status === 'REVIEW_IN_PROGRESS';
        const source = await readSource(request, surroundings, present);
        const stack =
          type === 'UPDATE'
            ? changeableStack(surroundings, request.StackName)
            : isReviewed && present
              ? present
              : makeStack(surroundings, request.StackName, source);
        if (name in stack.changeSets)
          throw new CloudFormationError('AlreadyExistsException', `ChangeSet ${name} already exists`);
        const changes = plannedChanges({ ...scopeOf(surroundings, stack, source), stack, providers });
        const changeSet: ChangeSetRecord = {
          ...source,
          id: `arn:aws:cloudformation:${region}:${accountId}:changeSet/${name}/${randomUUID()}`,
          name,
          type,
          createdAt: new Date().toISOString(),
          changes,
          ...(changes.length > 0
            ? { status: 'CREATE_COMPLETE' as const }
            : {
                status: 'FAILED' as const,
                statusReason:
                  "The submitted information didn't contain changes. Submit different information to create a change set.",
              }),
        };
        stack.changeSets[name] = changeSet;
        await stacks.save(stack);
        return { Id: changeSet.id, StackId: stack.id };
      },
    ],
    [
      'DescribeChangeSet',
      (parameters) => {
        const { stack, changeSet } = find(surroundings, readParameters(namedSchema, parameters));
        return {
          ChangeSetName: changeSet.name,
          ChangeSetId: changeSet.id,
          StackId: stack.id,
          StackName: stack.name,
          CreationTime: changeSet.createdAt,
          ExecutionStatus: changeSet.status === 'CREATE_COMPLETE' ? 'AVAILABLE' : 'UNAVAILABLE',
          Status: changeSet.status === 'FAILED' ? 'FAILED' : 'CREATE_COMPLETE',
          StatusReason: changeSet.statusReason,
          Changes: {
            member: changeSet.changes.map(({ action, logicalId, type, physicalId }) => ({
              Type: 'Resource',
              ResourceChange: {
                Action: action,
                LogicalResourceId: logicalId,
                PhysicalResourceId: physicalId,
                ResourceType: type,
              },
            })),
          },
        };
      },
    ],
    [
      'DeleteChangeSet',
      async (parameters) => {
        const { StackName, ChangeSetName } = readParameters(namedSchema, parameters);
        const stack = StackName === undefined ? undefined : stacks.find(StackName);
        if (stack && ChangeSetName in stack.changeSets) {
          delete stack.changeSets[ChangeSetName];
          await stacks.save(stack);
        }
        return {};
      },
    ],
    [
      'ExecuteChangeSet',
      async (parameters) => {
        const schema = namedSchema.extend({
          ClientRequestToken: z.string().optional(),
          DisableRollback: deploymentOptions.DisableRollback,
        });
        const { stack, changeSet } = find(surroundings, readParameters(schema, parameters));
        if (changeSet.status !== 'CREATE_COMPLETE')
          throw new CloudFormationError(
            'InvalidChangeSetStatus',
            `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
          );
        if (changeSet.type === 'UPDATE') changeableStack(surroundings, stack.id);
        const { template, parameters: given, tags, capabilities } = changeSet;
        delete stack.changeSets[changeSet.name];
        startDeployment(surroundings, stack, { template, parameters: given, tags, capabilities }, changeSet.type);
        await stacks.save(stack);
        return {};
      },
    ],
  ]);
}

function find(
  { stacks }: Surroundings,
  { StackName, ChangeSetName }: z.output<typeof namedSchema>,
): { stack: StackRecord; changeSet: ChangeSetRecord } {
  const among = StackName === undefined ? stacks.list() : [stacks.get(StackName)];
  for (const stack of among)
    for (const changeSet of Object.values(stack.changeSets))
      if (changeSet.name === ChangeSetName || changeSet.id === ChangeSetName) return { stack, changeSet };
  throw new CloudFormationError('ChangeSetNotFound', `ChangeSet [${ChangeSetName}] does not exist`);
}
