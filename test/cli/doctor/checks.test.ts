import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { stateDirectory } from '../../../cli/cloud/stateDirectory.js';
import { accountChecks, judgeConcurrency } from '../../../cli/doctor/accountChecks.js';
import type { Check } from '../../../cli/doctor/check.js';
import { definitionDifferences } from '../../../cli/doctor/definitionDifferences.js';
import { checkMemory, checkNode, judgeDisk, machineChecks } from '../../../cli/doctor/machineChecks.js';
import { judgeHost, rendezvousChecks } from '../../../cli/doctor/rendezvousChecks.js';
import { judgeFunction, stackChecks } from '../../../cli/doctor/stackChecks.js';
import { packageRoot } from '../../../cli/packageRoot.js';

const mocks = {
  cloudFormation: mockClient(CloudFormationClient),
  ec2: mockClient(EC2Client),
  lambda: mockClient(LambdaClient),
  quotas: mockClient(ServiceQuotasClient),
  s3: mockClient(S3Client),
  sfn: mockClient(SFNClient),
  ssm: mockClient(SSMClient),
  sts: mockClient(STSClient),
};
const region = 'eu-west-1';
const clients = {
  cloudFormation: new CloudFormationClient({ region }),
  ec2: new EC2Client({ region }),
  lambda: new LambdaClient({ region }),
  quotas: new ServiceQuotasClient({ region }),
  s3: new S3Client({ region }),
  sfn: new SFNClient({ region }),
  ssm: new SSMClient({ region }),
  sts: new STSClient({ region }),
};
const template = await readFile(join(packageRoot, 'statemachine', 'inference.asl.json'), 'utf8');
const filledIn = template.replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
  name.endsWith('FunctionArn')
    ? `arn:aws:lambda:${region}:1:function:muster-dev-${name[0].toLowerCase()}${name.slice(1, -11)}`
    : 'aws',
);

const stateMachineArn = `arn:aws:states:${region}:123456789012:stateMachine:muster-dev-inference`;
const outputs = {
  StateMachineArn: stateMachineArn,
  BucketName: 'the-bucket',
  RendezvousInstanceId: 'i-1',
  RendezvousParameters: '/muster/dev/rendezvous',
};

beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  mocks.sts
    .on(GetCallerIdentityCommand)
    .resolves({ Arn: 'arn:aws:iam::123456789012:user/ada', Account: '123456789012' });
  mocks.lambda
    .on(GetAccountSettingsCommand)
    .resolves({ AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 900 } });
  mocks.quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 1_000 } });
  mocks.cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'muster-dev',
        CreationTime: new Date(0),
        StackStatus: 'UPDATE_COMPLETE',
        Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
      },
    ],
  });
  mocks.sfn.on(DescribeStateMachineCommand).resolves({ definition: filledIn, status: 'ACTIVE' });
  mocks.lambda
    .on(GetFunctionConfigurationCommand)
    .resolves({ State: 'Active', LastUpdateStatus: 'Successful', MemorySize: 1_769, Runtime: 'nodejs22.x' });
  mocks.lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 500 });
  mocks.s3.on(HeadBucketCommand).resolves({});
  mocks.ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{ State: { Name: 'stopped' } }] }] });
  mocks.ssm.on(GetParametersCommand).resolves({ Parameters: [{ Value: 'a'.repeat(64) }] });
});

const place = { stage: 'dev', region, packageRoot };
const statuses = (checks: readonly Check[]) => checks.map(({ name, status }) => `${name}: ${status}`);

describe('the account', () => {
  it('is well when it has what accounts have', async () => {
    const checks = await accountChecks(clients);
    expect(statuses(checks)).toEqual(['credentials: ok', 'lambda-concurrency: ok']);
    expect(checks[0].found).toContain('user/ada');
    expect(checks[1].found).toContain('900 executions at a time are free of 1,000');
  });

  it('says what to do without credentials, and goes on', async () => {
    const missing = Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
    mocks.sts.on(GetCallerIdentityCommand).rejects(missing);
    const [credentials, concurrency] = await accountChecks(clients);
    expect(credentials).toMatchObject({ status: 'failed', remedy: expect.stringContaining('aws sso login') });
    expect(concurrency.status).toBe('ok');
  });

  it('takes the word of Lambda where the quotas cannot be read', async () => {
    mocks.quotas.on(GetServiceQuotaCommand).rejects(new Error('not allowed'));
    const [, concurrency] = await accountChecks(clients);
    expect(concurrency).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('quota itself could not be read'),
    });
  });

  it.each([
    ['a new account, with its limit of memory', 10, 10, 10, 'warning', /new account.*3,008 MB/],
    ['everything reserved', 1_000, 0, 1_000, 'failed', /No execution is free/],
    ['a grant on its way', 1_000, 1_000, 3_000, 'warning', /has not come to Lambda yet/],
  ] as const)('tells of %s', (_, limit, unreserved, quota, status, found) => {
    const check = judgeConcurrency(limit, unreserved, quota);
    expect(check).toMatchObject({ status, found: expect.stringMatching(found) });
    expect(check.remedy).toMatch(/\w/);
  });
});

describe('the stack', () => {
  it('is well from its status to its bucket', async () => {
    const { checks, stack } = await stackChecks(clients, place);
    expect(new Set(checks.map(({ status }) => status))).toEqual(new Set(['ok']));
    expect(checks.map(({ name }) => name).filter((name) => name !== 'function')).toEqual([
      'stack',
      'state-machine',
      'executor-concurrency',
      'bucket',
    ]);
    const functions = checks.filter(({ name }) => name === 'function').map(({ found }) => found.split(':')[0]);
    expect(functions).toEqual(
      ['initialize', 'rendezvous', 'executor', 'release', 'aggregate'].map((name) => `muster-dev-${name}`),
    );
    expect(stack?.outputs).toEqual(outputs);
  });

  it('is missed with the command that makes it, and nothing else is asked', async () => {
    mocks.cloudFormation
      .on(DescribeStacksCommand)
      .rejects(Object.assign(new Error('Stack with id muster-dev does not exist'), { name: 'ValidationError' }));
    const { checks, stack } = await stackChecks(clients, place);
    expect(stack).toBeUndefined();
    expect(checks).toEqual([
      {
        name: 'stack',
        status: 'failed',
        found: 'There is no stack muster-dev in eu-west-1.',
        remedy: 'Deploy it with "npx serverless deploy --stage dev --region eu-west-1".',
      },
    ]);
    expect(mocks.sfn.calls()).toHaveLength(0);
  });

  it('is told from one of another version', async () => {
    mocks.sfn
      .on(DescribeStateMachineCommand)
      .resolves({ definition: filledIn.replace('"MaxAttempts": 1000', '"MaxAttempts": 7'), status: 'ACTIVE' });
    const { checks } = await stackChecks(clients, place);
    expect(checks.find(({ name }) => name === 'state-machine')).toMatchObject({
      status: 'warning',
      found: expect.stringContaining('/States/RunRanks/ItemProcessor/States/Execute/Retry/0/MaxAttempts'),
    });
  });

  it('has a bucket that somebody may have removed', async () => {
    mocks.s3.on(HeadBucketCommand).rejects(Object.assign(new Error('no such bucket'), { name: 'NotFound' }));
    const { checks } = await stackChecks(clients, place);
    expect(checks.at(-1)).toMatchObject({
      name: 'bucket',
      status: 'failed',
      found: expect.stringContaining('no such bucket'),
    });
  });

  it('has functions that may have failed, wait, or have been left with another memory', () => {
    const judge = (configuration: object) => judgeFunction('muster-dev-executor', configuration, 'Deploy it.');
    expect(judge({ State: 'Active', LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'no role' })).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('no role'),
    });
    expect(judge({ State: 'Pending' }).status).toBe('warning');
    const Environment = { Variables: { MUSTER_EXECUTOR_MEMORY_MB: '1769' } };
    expect(judge({ State: 'Active', MemorySize: 3_008, Environment })).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('"muster memory ensure 1769 --aws"'),
    });
    expect(judge({ State: 'Active', MemorySize: 1_769, Environment }).status).toBe('ok');
  });
});

describe('definitions', () => {
  it('are the same whatever stands for their placeholders', () => {
    expect(definitionDifferences(JSON.parse(template), JSON.parse(filledIn))).toEqual([]);
  });

  it('differ where something was changed, added or left out', () => {
    const ours = { a: `$\{Arn}:x`, b: [1, 2], c: { d: true } };
    expect(definitionDifferences(ours, { a: 'arn:1:x', b: [1, 2], c: { d: true } })).toEqual([]);
    expect(definitionDifferences(ours, { a: 'arn:1:y', b: [1, 3], c: {}, e: 1 })).toEqual(['/a', '/b/1', '/c/d', '/e']);
    expect(definitionDifferences(ours, [])).toEqual(['/']);
  });
});

describe('the rendezvous', () => {
  const stack = { name: 'muster-dev', arn: '', status: 'CREATE_COMPLETE', statusReason: undefined, outputs };

  it('is well while it is stopped, with a fingerprint for when it runs', async () => {
    expect(statuses(await rendezvousChecks(clients, stack))).toEqual(['rendezvous: ok', 'rendezvous-fingerprint: ok']);
  });

  it('is asked while it runs, and not well when it does not answer', async () => {
    const instance = { State: { Name: 'running' as const }, PublicIpAddress: '127.0.0.1' };
    mocks.ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [instance] }] });
    const checks = await rendezvousChecks(clients, { ...stack, outputs: { ...outputs, RendezvousPort: '9' } });
    expect(statuses(checks)).toEqual(['rendezvous: ok', 'rendezvous-fingerprint: failed']);
    expect(checks[1].found).toContain('does not answer');
  });

  it('is not there where the stack has none, and is missed where it was terminated', async () => {
    expect(statuses(await rendezvousChecks(clients, { ...stack, outputs: {} }))).toEqual(['rendezvous: ok']);
    expect(judgeHost('i-1', 'terminated').status).toBe('failed');
    expect(judgeHost('i-1', undefined).found).toContain('not there');
  });
});

describe('the machine', () => {
  it('is looked at without changing anything', async () => {
    const checks = await machineChecks(stateDirectory('/tmp/muster-doctor-looks-only/state'), packageRoot);
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'built',
      'ports',
      'state-directory',
      'memory',
      'embedded-cloud',
    ]);
    expect(checks.filter(({ name }) => name !== 'built').map(({ status }) => status)).not.toContain('failed');
    await expect(readFile('/tmp/muster-doctor-looks-only')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('needs the version of Node that package.json says', () => {
    expect(['20.14.0', '20.15.0', '22.0.1', '18.20.0'].map((version) => checkNode(version, '>=20.15').status)).toEqual([
      'failed',
      'ok',
      'ok',
      'failed',
    ]);
  });

  it('needs room on its disk and in its memory', () => {
    expect([1e8, 1e9, 1e10].map((free) => judgeDisk('/state', free).status)).toEqual(['failed', 'warning', 'ok']);
    expect(checkMemory(16e9, 5e8).status).toBe('failed');
    expect(checkMemory(16e9, 0)).toMatchObject({ status: 'ok', found: expect.stringContaining('16 GB') });
  });
});
