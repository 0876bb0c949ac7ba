import { randomBytes } from 'node:crypto';
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import {
  generatedName,
  integerSchema,
  type ProviderContext,
  type Provisioned,
  type ResourceProvider,
  readProperties,
  tagsSchema,
} from './provider.js';

const type = 'AWS::Logs::LogGroup';
const schema = z.strictObject({
  LogGroupName: z.string().optional(),
  RetentionInDays: integerSchema.optional(),
  Tags: tagsSchema.optional(),
});

/** A log group of the embedded CloudWatch Logs. */
export const logGroup: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, context) {
    const { LogGroupName, RetentionInDays } = readProperties(type, schema, properties);
    const logGroupName = LogGroupName ?? generatedName(context, 512, randomBytes(6).toString('hex'));
    await context.clients.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await retain(context, logGroupName, RetentionInDays);
    return describe(logGroupName, context);
  },
  async update(current, properties, context) {
    const { LogGroupName = current.physicalId, RetentionInDays } = readProperties(type, schema, properties);
    if (LogGroupName !== current.physicalId) return logGroup.create(properties, context);
    await retain(context, current.physicalId, RetentionInDays);
    return describe(current.physicalId, context);
  },
  async delete({ physicalId }, { clients }) {
    await clients.logs.send(new DeleteLogGroupCommand({ logGroupName: physicalId }));
  },
};

function retain({ clients }: ProviderContext, logGroupName: string, retentionInDays: number | undefined) {
  return retentionInDays === undefined
    ? clients.logs.send(new DeleteRetentionPolicyCommand({ logGroupName }))
    : clients.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
}

function describe(name: string, { region, accountId }: ProviderContext): Provisioned {
  return { physicalId: name, attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` } };
}
