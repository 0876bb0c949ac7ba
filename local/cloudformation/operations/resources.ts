import { z } from 'zod';
import { type QueryOperation, readParameters } from '../../query/queryService.js';
import type { XmlChildren } from '../../xml.js';
import { CloudFormationError } from '../errors.js';
import type { ResourceRecord, StackRecord } from '../stacks/stackRecord.js';
import { parseTemplate } from '../template/template.js';
import { readOnlyTemplate } from './source.js';
import type { Surroundings } from './surroundings.js';

const pageSize = 100;
const pagedSchema = z.strictObject({ StackName: z.string(), NextToken: z.string().regex(/^\d+$/).default('0') });

/** Operations that tell what stacks are made of and what happened to them. */
export function resourceOperations(surroundings: Surroundings): Map<string, QueryOperation> {
  const { stacks } = surroundings;
  return new Map<string, QueryOperation>([
    [
      'DescribeStackEvents',
      (parameters) => {
        const { StackName, NextToken } = readParameters(pagedSchema, parameters);
        const stack = stacks.get(StackName);
        const newestFirst = stack.events.toReversed().map((event) => ({
          StackId: stack.id,
          EventId: event.id,
          StackName: stack.name,
          LogicalResourceId: event.logicalId,
          PhysicalResourceId: event.physicalId,
          ResourceType: event.type,
          Timestamp: event.timestamp,
          ResourceStatus: event.status,
          ResourceStatusReason: event.reason,
        }));
        return pageOf('StackEvents', newestFirst, NextToken);
      },
    ],
    [
      'ListStackResources',
      (parameters) => {
        const { StackName, NextToken } = readParameters(pagedSchema, parameters);
        const all = Object.entries(stacks.get(StackName).resources).map(([logicalId, resource]) =>
          summaryOf(logicalId, resource),
        );
        return pageOf('StackResourceSummaries', all, NextToken);
      },
    ],
    [
      'DescribeStackResources',
      (parameters) => {
        const { StackName } = readParameters(z.strictObject({ StackName: z.string() }), parameters);
        const stack = stacks.get(StackName);
        const all = Object.entries(stack.resources);
        return { StackResources: { member: all.map(([logicalId, resource]) => detailOf(stack, logicalId, resource)) } };
      },
    ],
    [
      'DescribeStackResource',
      (parameters) => {
        const schema = z.strictObject({ StackName: z.string(), LogicalResourceId: z.string() });
        const { StackName, LogicalResourceId } = readParameters(schema, parameters);
        const stack = stacks.get(StackName);
        const resource = stack.resources[LogicalResourceId];
        if (!resource)
          throw new CloudFormationError(
            'ValidationError',
            `Resource ${LogicalResourceId} does not exist for stack ${StackName}`,
          );
        return {
          StackResourceDetail: {
            ...detailOf(stack, LogicalResourceId, resource),
            LastUpdatedTimestamp: resource.timestamp,
          },
        };
      },
    ],
    [
      'ValidateTemplate',
      async (parameters) => {
        const schema = z.strictObject({ TemplateBody: z.string().optional(), TemplateURL: z.string().optional() });
        const template = parseTemplate(
          await readOnlyTemplate(readParameters(schema, parameters), surroundings, undefined),
        );
        const makesRoles = Object.values(template.Resources).some(({ Type }) => Type.startsWith('AWS::IAM::'));
        for (const { Type } of Object.values(template.Resources)) surroundings.providers.get(Type);
        return {
          Description: template.Description,
          Parameters: {
            member: Object.entries(template.Parameters).map(([ParameterKey, { Default, NoEcho, Description }]) => ({
              ParameterKey,
              DefaultValue: Default,
              NoEcho: NoEcho ?? false,
              Description,
            })),
          },
          ...(makesRoles && { Capabilities: { member: ['CAPABILITY_IAM'] } }),
        };
      },
    ],
  ]);
}

function pageOf(name: string, all: readonly XmlChildren[], token: string): XmlChildren {
  const start = Number(token);
  const end = start + pageSize;
  return { [name]: { member: all.slice(start, end) }, NextToken: all.length > end ? end : undefined };
}

function summaryOf(logicalId: string, { physicalId, type, status, timestamp }: ResourceRecord): XmlChildren {
  return {
    LogicalResourceId: logicalId,
    PhysicalResourceId: physicalId,
    ResourceType: type,
    LastUpdatedTimestamp: timestamp,
    ResourceStatus: status,
  };
}

function detailOf({ name, id }: StackRecord, logicalId: string, resource: ResourceRecord): XmlChildren {
  const { LastUpdatedTimestamp, ...summary } = summaryOf(logicalId, resource);
  return { StackName: name, StackId: id, ...summary, Timestamp: LastUpdatedTimestamp };
}
