import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { policyDocumentSchema } from './policyDocument.js';
import {
  booleanSchema,
  generatedName,
  integerSchema,
  type ProviderContext,
  type ResourceProvider,
  readProperties,
} from './provider.js';

/**
 * A resource that is on paper only: its properties are checked and it has an id and attributes, but nothing is made. The
 * embedded cloud has no permissions and no network of its own.
 */
interface PaperResource {
  readonly type: string;
  readonly schema: z.ZodType;
  /** Makes up what `Ref` gives. */
  readonly newId: (context: ProviderContext) => string;
  readonly attributes?: (id: string, context: ProviderContext) => Record<string, string>;
}

const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional();
const cidr = z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/, 'must be an IPv4 range such as 10.0.0.0/24');

const ruleSchema = z.strictObject({
  Description: z.string().max(255).optional(),
  IpProtocol: z.enum(['tcp', 'udp', '-1']),
  FromPort: integerSchema.optional(),
  ToPort: integerSchema.optional(),
  CidrIp: cidr,
});

const launchTemplateDataSchema = z.strictObject({
  ImageId: z.string().regex(/^ami-[0-9a-f]+$/, 'must be the id of an image'),
  InstanceType: z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/, 'must be an instance type such as t4g.nano'),
  IamInstanceProfile: z.strictObject({ Arn: z.string() }).optional(),
  InstanceInitiatedShutdownBehavior: z.enum(['stop', 'terminate']).optional(),
  MetadataOptions: z
    .strictObject({ HttpTokens: z.enum(['required', 'optional']), HttpPutResponseHopLimit: integerSchema.optional() })
    .optional(),
  BlockDeviceMappings: z
    .array(
      z.strictObject({
        DeviceName: z.string(),
        Ebs: z.strictObject({
          VolumeType: z.string().optional(),
          VolumeSize: integerSchema.optional(),
          Encrypted: booleanSchema.optional(),
          DeleteOnTermination: booleanSchema.optional(),
        }),
      }),
    )
    .optional(),
  UserData: z.base64().optional(),
  TagSpecifications: z.array(z.strictObject({ ResourceType: z.string(), Tags: tags })).optional(),
});

const papers: readonly PaperResource[] = [
  {
    type: 'AWS::IAM::Role',
    schema: z.strictObject({
      RoleName: z.string().optional(),
      Description: z.string().max(1000).optional(),
      AssumeRolePolicyDocument: policyDocumentSchema,
      Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocumentSchema })).optional(),
      ManagedPolicyArns: z.array(z.string()).optional(),
      Tags: tags,
    }),
    newId: (context) => generatedName(context, 64, randomBytes(6).toString('hex')),
    attributes: (id, { accountId }) => ({ Arn: `arn:aws:iam::${accountId}:role/${id}` }),
  },
  {
    type: 'AWS::IAM::InstanceProfile',
    schema: z.strictObject({ Roles: z.array(z.string()).length(1) }),
    newId: (context) => generatedName(context, 128, randomBytes(6).toString('hex')),
    attributes: (id, { accountId }) => ({ Arn: `arn:aws:iam::${accountId}:instance-profile/${id}` }),
  },
  {
    type: 'AWS::Lambda::Permission',
    schema: z.strictObject({
      FunctionName: z.string(),
      Action: z.literal('lambda:InvokeFunction'),
      Principal: z.string(),
      SourceArn: z.string().optional(),
    }),
    newId: (context) => generatedName(context, 100, randomBytes(6).toString('hex')),
  },
  ec2('VPC', 'vpc', z.strictObject({ CidrBlock: cidr, EnableDnsSupport: booleanSchema, Tags: tags })),
  ec2('InternetGateway', 'igw', z.strictObject({ Tags: tags })),
  ec2('VPCGatewayAttachment', 'attach', z.strictObject({ VpcId: z.string(), InternetGatewayId: z.string() })),
  ec2(
    'Subnet',
    'subnet',
    z.strictObject({
      VpcId: z.string(),
      CidrBlock: cidr,
      AvailabilityZone: z.string(),
      MapPublicIpOnLaunch: booleanSchema.optional(),
      Tags: tags,
    }),
  ),
  ec2('RouteTable', 'rtb', z.strictObject({ VpcId: z.string(), Tags: tags })),
  ec2(
    'Route',
    'route',
    z.strictObject({ RouteTableId: z.string(), DestinationCidrBlock: cidr, GatewayId: z.string() }),
  ),
  ec2('SubnetRouteTableAssociation', 'rtbassoc', z.strictObject({ SubnetId: z.string(), RouteTableId: z.string() })),
  {
    ...ec2(
      'SecurityGroup',
      'sg',
      z.strictObject({
        GroupDescription: z.string().max(255),
        VpcId: z.string().optional(),
        SecurityGroupIngress: z.array(ruleSchema).optional(),
        SecurityGroupEgress: z.array(ruleSchema).optional(),
        Tags: tags,
      }),
    ),
    attributes: (id) => ({ GroupId: id }),
  },
  {
    ...ec2('LaunchTemplate', 'lt', z.strictObject({ LaunchTemplateData: launchTemplateDataSchema })),
    attributes: () => ({ LatestVersionNumber: '1', DefaultVersionNumber: '1' }),
  },
];

export const paperProviders: readonly ResourceProvider[] = papers.map(providerOf);

function ec2(name: string, prefix: string, schema: z.ZodType): PaperResource {
  return { type: `AWS::EC2::${name}`, schema, newId: () => `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}` };
}

function providerOf({ type, schema, newId, attributes = () => ({}) }: PaperResource): ResourceProvider {
  return {
    type,
    check: (properties) => void readProperties(type, schema, properties),
    async create(_properties, context) {
      const physicalId = newId(context);
      return { physicalId, attributes: attributes(physicalId, context) };
    },
    update: async ({ physicalId, attributes: kept }) => ({ physicalId, attributes: kept }),
    delete: async () => undefined,
  };
}
