import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { type ResourceProvider, readProperties } from './provider.js';

const type = 'AWS::SSM::Parameter';
const schema = z.strictObject({
  Name: z.string(),
  Type: z.enum(['String', 'StringList']),
  Value: z.string(),
  Description: z.string().optional(),
  Tags: z.record(z.string(), z.string()).optional(),
});

/** A parameter of the embedded SSM. CloudFormation can make no SecureString, here as there. */
export const ssmParameter: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, { clients }) {
    const { Name, Type, Value, Description } = readProperties(type, schema, properties);
    await clients.ssm.send(new PutParameterCommand({ Name, Type, Value, Description }));
    return { physicalId: Name, attributes: { Type, Value } };
  },
  async update(current, properties, context) {
    const { Name, Type, Value, Description } = readProperties(type, schema, properties);
    if (Name !== current.physicalId) return ssmParameter.create(properties, context);
    await context.clients.ssm.send(new PutParameterCommand({ Name, Type, Value, Description, Overwrite: true }));
    return { physicalId: Name, attributes: { Type, Value } };
  },
  async delete({ physicalId }, { clients }) {
    await clients.ssm.send(new DeleteParameterCommand({ Name: physicalId }));
  },
};
