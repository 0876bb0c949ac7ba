import { RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { type ResourceProvider, readProperties } from './provider.js';

const type = 'AWS::EC2::Instance';
const schema = z.strictObject({
  LaunchTemplate: z.strictObject({ LaunchTemplateId: z.string(), Version: z.string() }),
  SubnetId: z.string(),
  SecurityGroupIds: z.array(z.string()),
});

/** An instance of the embedded EC2, which has states and addresses but runs nothing. */
export const instance: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, { clients }) {
    const { LaunchTemplate, SubnetId, SecurityGroupIds } = readProperties(type, schema, properties);
    const { Instances = [] } = await clients.ec2.send(
      new RunInstancesCommand({ MinCount: 1, MaxCount: 1, LaunchTemplate, SubnetId, SecurityGroupIds }),
    );
    const { InstanceId = '', PrivateIpAddress = '' } = Instances[0] ?? {};
    return { physicalId: InstanceId, attributes: { InstanceId, PrivateIp: PrivateIpAddress } };
  },
  update: (_current, properties, context) => instance.create(properties, context),
  async delete({ physicalId }, { clients }) {
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [physicalId] }));
  },
};
