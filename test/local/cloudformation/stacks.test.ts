import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListStackResourcesCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeInstancesCommand, EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import {
  GetBucketLifecycleConfigurationCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DeleteParameterCommand, GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCloud, startCloud } from '../../../local/cloud.js';

const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' };
let directory: string;
let cloud: RunningCloud;
let client: CloudFormationClient;
let settings: { endpoint: string; region: string; credentials: typeof credentials; maxAttempts: number };

async function start(): Promise<void> {
  cloud = await startCloud({
    directory,
    host: '127.0.0.1',
    port: 0,
    region: 'eu-west-1',
    credentials,
    functions: [],
    accountConcurrency: 10,
  });
  settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 };
  client = new CloudFormationClient(settings);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-stacks-'));
  await start();
});
afterAll(async () => {
  await cloud.close();
  await rm(directory, { recursive: true, force: true });
});

async function stackOf(name: string): Promise<Stack> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
  const [stack] = Stacks;
  if (!stack) throw new Error('no stack');
  return stack;
}

/** Waits until a stack is not being changed any more. */
async function settled(name: string): Promise<Stack> {
  for (;;) {
    const stack = await stackOf(name);
    if (!stack.StackStatus?.endsWith('_IN_PROGRESS')) return stack;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const template = (days: number, extra: object = {}) =>
  JSON.stringify({
    Resources: {
      Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/mine', RetentionInDays: days } },
      Data: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'RetainExceptOnCreate', Properties: {} },
      ...extra,
    },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Group', 'Arn'] } }, Bucket: { Value: { Ref: 'Data' } } },
  });

describe('a stack', () => {
  it('is created, updated, kept over a restart and deleted, its bucket retained', async () => {
    await client.send(new CreateStackCommand({ StackName: 'one', TemplateBody: template(7) }));
    const created = await settled('one');
    expect(created.StackStatus).toBe('CREATE_COMPLETE');
    const outputs = Object.fromEntries(
      (created.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
    expect(outputs.Arn).toBe('arn:aws:logs:eu-west-1:000000000000:log-group:/mine:*');
    expect(outputs.Bucket).toMatch(/^one-data-[0-9a-f]{12}$/);

    await expect(client.send(new UpdateStackCommand({ StackName: 'one', TemplateBody: template(7) }))).rejects.toThrow(
      'No updates are to be performed.',
    );
    await client.send(new UpdateStackCommand({ StackName: 'one', TemplateBody: template(30) }));
    expect((await settled('one')).StackStatus).toBe('UPDATE_COMPLETE');
    const logs = new CloudWatchLogsClient(settings);
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/mine' }));
    expect(logGroups).toMatchObject([{ retentionInDays: 30 }]);

    await cloud.close();
    await start();
    expect((await stackOf('one')).StackStatus).toBe('UPDATE_COMPLETE');
    await client.send(new DeleteStackCommand({ StackName: 'one' }));
    expect((await settled(created.StackId ?? '')).StackStatus).toBe('DELETE_COMPLETE');
    await expect(stackOf('one')).rejects.toThrow('does not exist');
    await new S3Client({ ...settings, forcePathStyle: true }).send(new HeadBucketCommand({ Bucket: outputs.Bucket }));
  });

  it('that fails is rolled back, and its events name the cause', async () => {
    const extra = { Wrong: { Type: 'AWS::S3::Bucket', DependsOn: ['Group', 'Data'], Properties: { Colour: 'red' } } };
    await client.send(new CreateStackCommand({ StackName: 'two', TemplateBody: template(7, extra) }));
    const failed = await settled('two');
    expect(failed.StackStatus).toBe('ROLLBACK_COMPLETE');
    const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: 'two' }));
    const cause = StackEvents.find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
    expect(cause).toMatchObject({
      LogicalResourceId: 'Wrong',
      ResourceStatusReason: expect.stringContaining('Colour'),
    });
    const { StackResourceSummaries } = await client.send(new ListStackResourcesCommand({ StackName: 'two' }));
    expect(StackResourceSummaries ?? []).toEqual([]);
    await client.send(new DeleteStackCommand({ StackName: 'two' }));
  });

  it('whose update fails is what it was before', async () => {
    await client.send(new CreateStackCommand({ StackName: 'three', TemplateBody: template(7) }));
    await settled('three');
    const extra = { Wrong: { Type: 'AWS::Nobody::Knows', DependsOn: 'Group' } };
    await client.send(new UpdateStackCommand({ StackName: 'three', TemplateBody: template(90, extra) }));
    const after = await settled('three');
    expect(after.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    const logs = new CloudWatchLogsClient(settings);
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/mine' }));
    expect(logGroups).toMatchObject([{ retentionInDays: 7 }]);
    await client.send(new DeleteStackCommand({ StackName: 'three' }));
    await settled(after.StackId ?? '');
  });

  it('goes through change sets, and one without changes says so', async () => {
    const change = (type: 'CREATE' | 'UPDATE') =>
      client.send(
        new CreateChangeSetCommand({
          StackName: 'four',
          ChangeSetName: type,
          ChangeSetType: type,
          TemplateBody: template(7),
        }),
      );
    await change('CREATE');
    const described = await client.send(new DescribeChangeSetCommand({ StackName: 'four', ChangeSetName: 'CREATE' }));
    expect(described.Changes?.map((each) => each.ResourceChange?.LogicalResourceId)).toEqual(['Group', 'Data']);
    await client.send(new ExecuteChangeSetCommand({ StackName: 'four', ChangeSetName: 'CREATE' }));
    expect((await settled('four')).StackStatus).toBe('CREATE_COMPLETE');
    await change('UPDATE');
    expect(
      await client.send(new DescribeChangeSetCommand({ StackName: 'four', ChangeSetName: 'UPDATE' })),
    ).toMatchObject({
      Status: 'FAILED',
      StatusReason: expect.stringContaining("didn't contain changes"),
    });
  });

  it('with a bucket that is not empty cannot be deleted, and says why', async () => {
    const body = JSON.stringify({
      Resources: { Full: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'full' } } },
    });
    await client.send(new CreateStackCommand({ StackName: 'five', TemplateBody: body }));
    await settled('five');
    const s3 = new S3Client({ ...settings, forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: 'full', Key: 'x', Body: 'x' }));
    await client.send(new DeleteStackCommand({ StackName: 'five' }));
    expect(await settled('five')).toMatchObject({
      StackStatus: 'DELETE_FAILED',
      StackStatusReason: expect.stringContaining('not empty'),
    });
  });

  it('is refused when its resources need each other in a circle, or somebody who is not there', async () => {
    const circle = {
      A: { Type: 'T', DependsOn: 'B' },
      B: { Type: 'T', DependsOn: 'A' },
      C: { Type: 'T', DependsOn: 'Z' },
    };
    const request = new CreateStackCommand({ StackName: 'six', TemplateBody: JSON.stringify({ Resources: circle }) });
    await expect(client.send(request)).rejects.toThrow(/Circular dependency.*\[Z\]/s);
    await expect(stackOf('six')).rejects.toThrow('does not exist');
  });
});

describe('settings that a stack makes', () => {
  it('reach the bucket', async () => {
    const Rules = [{ Id: 'scratch', Status: 'Enabled', TagFilters: [{ Key: 'k', Value: 'v' }], ExpirationInDays: 1 }];
    const properties = { BucketName: 'ruled', LifecycleConfiguration: { Rules } };
    const body = JSON.stringify({ Resources: { Ruled: { Type: 'AWS::S3::Bucket', Properties: properties } } });
    await client.send(new CreateStackCommand({ StackName: 'seven', TemplateBody: body }));
    expect((await settled('seven')).StackStatus).toBe('CREATE_COMPLETE');
    const s3 = new S3Client({ ...settings, forcePathStyle: true });
    const kept = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'ruled' }));
    expect(kept.Rules).toEqual([
      { ID: 'scratch', Status: 'Enabled', Filter: { Tag: { Key: 'k', Value: 'v' } }, Expiration: { Days: 1 } },
    ]);
  });
});

describe('services that a deployment needs', () => {
  it('or asks for are refused when they are not there', async () => {
    const headers = {
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/eu-west-1/ecr/aws4_request, SignedHeaders=host, Signature=0',
    };
    const answer = await fetch(cloud.endpoint, { method: 'POST', headers, body: '{}' });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { __type: 'AccessDeniedException', message: 'The embedded cloud has no service ecr.' },
    ]);
  });

  it('STS tells who calls', async () => {
    expect(await new STSClient(settings).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '000000000000',
    });
  });

  it('SSM keeps parameters, shows secrets only decrypted, and overwrites only when asked', async () => {
    const ssm = new SSMClient(settings);
    const secret = { Name: '/a/secret', Value: 's3cret', Type: 'SecureString' as const };
    await ssm.send(new PutParameterCommand(secret));
    await expect(ssm.send(new PutParameterCommand(secret))).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    const get = async (WithDecryption: boolean) =>
      (await ssm.send(new GetParametersCommand({ Names: ['/a/secret', '/none'], WithDecryption }))) ?? {};
    expect(await get(true)).toMatchObject({ Parameters: [{ Value: 's3cret' }], InvalidParameters: ['/none'] });
    expect((await get(false)).Parameters?.[0]?.Value).not.toContain('s3cret');
    await ssm.send(new DeleteParameterCommand({ Name: '/a/secret' }));
    await expect(ssm.send(new DeleteParameterCommand({ Name: '/a/secret' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });

  it('EC2 starts and stops the instance of a stack', async () => {
    const ec2 = new EC2Client(settings);
    const launch = {
      LaunchTemplateId: { Ref: 'Template' },
      Version: { 'Fn::GetAtt': ['Template', 'LatestVersionNumber'] },
    };
    const data = { ImageId: { Ref: 'Image' }, InstanceType: 't4g.nano' };
    const body = JSON.stringify({
      Parameters: {
        Image: {
          Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
          Default: '/aws/service/ami-amazon-linux-latest/al2023',
        },
      },
      Resources: {
        Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: data } },
        Host: {
          Type: 'AWS::EC2::Instance',
          Properties: { LaunchTemplate: launch, SubnetId: 'subnet-1', SecurityGroupIds: ['sg-1'] },
        },
      },
      Outputs: { Host: { Value: { Ref: 'Host' } } },
    });
    await client.send(new CreateStackCommand({ StackName: 'eight', TemplateBody: body }));
    const id = (await settled('eight')).Outputs?.[0]?.OutputValue ?? '';
    const state = async () => {
      const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      return Reservations?.[0]?.Instances?.[0]?.State?.Name;
    };
    expect(await state()).toBe('running');
    await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(await state()).toBe('stopped');
    await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect(await state()).toBe('running');
    await client.send(new DeleteStackCommand({ StackName: 'eight' }));
    await expect.poll(state).toBe('terminated');
    await expect(ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))).rejects.toMatchObject({
      name: 'IncorrectInstanceState',
    });
  });
});
