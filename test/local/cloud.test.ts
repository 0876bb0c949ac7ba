import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningCloud, startCloud } from '../../local/cloud.js';

const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' };

const source = `
  export const handler = async (event) => ({
    doubled: event.n * 2,
    endpoint: process.env.AWS_ENDPOINT_URL,
    key: process.env.AWS_ACCESS_KEY_ID,
  });`;

let folder: string;
let cloud: RunningCloud;
let s3: S3Client;
let lambda: LambdaClient;
let states: SFNClient;
let logs: CloudWatchLogsClient;

async function start(): Promise<void> {
  cloud = await startCloud({
    directory: join(folder, 'cloud'),
    host: '127.0.0.1',
    port: 0,
    region,
    credentials,
    accountConcurrency: 10,
    functions: [
      {
        key: 'double',
        name: 'double',
        handler: 'index.handler',
        artifactFolder: join(folder, 'double'),
        memoryMb: 256,
        timeoutS: 10,
        runtime: 'nodejs22.x',
      },
    ],
  });
  const config = { endpoint: cloud.endpoint, region, credentials, maxAttempts: 1 };
  s3 = new S3Client({ ...config, forcePathStyle: true });
  lambda = new LambdaClient(config);
  states = new SFNClient(config);
  logs = new CloudWatchLogsClient(config);
}

async function stop(): Promise<void> {
  await cloud.close();
  for (const client of [s3, lambda, states, logs]) client.destroy();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-cloud-'));
  await mkdir(join(folder, 'double'));
  await writeFile(join(folder, 'double', 'index.mjs'), source);
  await start();
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

test('one endpoint serves S3, Lambda, Step Functions and Logs, and keeps what they store', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a/b c', Body: 'hello' }));
  const definition = JSON.stringify({
    StartAt: 'Double',
    States: {
      Double: { Type: 'Task', Resource: `arn:aws:lambda:${region}:${cloud.accountId}:function:double`, End: true },
    },
  });
  const roleArn = `arn:aws:iam::${cloud.accountId}:role/any`;
  const { stateMachineArn } = await states.send(
    new CreateStateMachineCommand({ name: 'machine', definition, roleArn }),
  );
  const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn, input: '{"n":21}' }));
  let execution = await states.send(new DescribeExecutionCommand({ executionArn }));
  while (execution.status === 'RUNNING') execution = await states.send(new DescribeExecutionCommand({ executionArn }));
  expect(execution.status).toBe('SUCCEEDED');
  expect(JSON.parse(execution.output ?? '')).toEqual({
    doubled: 42,
    endpoint: cloud.endpoint,
    key: credentials.accessKeyId,
  });

  await stop();
  await start();
  const object = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'a/b c' }));
  expect(await object.Body?.transformToString()).toBe('hello');
  const { events } = await logs.send(
    new FilterLogEventsCommand({ logGroupName: '/aws/lambda/double', filterPattern: 'REPORT' }),
  );
  expect(events).toHaveLength(1);
  await lambda.send(new InvokeCommand({ FunctionName: 'double', Payload: '{"n":1}' }));
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: '/aws/lambda/double' }));
  expect(logStreams).toHaveLength(2);
  expect((await states.send(new DescribeExecutionCommand({ executionArn }))).status).toBe('SUCCEEDED');
});

describe('a request with the wrong key or without one', () => {
  const wrong = { ...credentials, secretAccessKey: 'other' };

  test('is refused by every service with 403', async () => {
    const config = { endpoint: cloud.endpoint, region, credentials: wrong, maxAttempts: 1, forcePathStyle: true };
    const refused = { $metadata: expect.objectContaining({ httpStatusCode: 403 }) };
    const get = new S3Client(config).send(new GetObjectCommand({ Bucket: 'bucket', Key: 'a' }));
    await expect(get).rejects.toMatchObject({ name: 'SignatureDoesNotMatch', ...refused });
    const invoke = new LambdaClient(config).send(new InvokeCommand({ FunctionName: 'double' }));
    await expect(invoke).rejects.toMatchObject({ name: 'InvalidSignatureException', ...refused });
    const describeStreams = new CloudWatchLogsClient(config).send(new DescribeLogStreamsCommand({ logGroupName: 'x' }));
    await expect(describeStreams).rejects.toMatchObject({ name: 'InvalidSignatureException', ...refused });
    const execution = new SFNClient(config).send(new DescribeExecutionCommand({ executionArn: 'arn:x' }));
    await expect(execution).rejects.toMatchObject({ name: 'InvalidSignatureException', ...refused });
  });

  test.each<[string, string, Record<string, string>, RegExp]>([
    ['POST', '/2015-03-31/functions/double/invocations', {}, /^\{"message":/],
    [
      'POST',
      '/',
      { 'x-amz-target': 'Logs_20140328.DescribeLogGroups' },
      /"__type":"MissingAuthenticationTokenException"/,
    ],
    [
      'POST',
      '/',
      { 'x-amz-target': 'AWSStepFunctions.ListExecutions' },
      /"__type":"MissingAuthenticationTokenException"/,
    ],
    ['PUT', '/bucket/key', {}, /<Code>AccessDenied<\/Code>/],
  ])('unsigned %s %s %o is refused in the words of its service', async (method, path, headers, body) => {
    const response = await fetch(`${cloud.endpoint}${path}`, { method, headers, body: '{}' });
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(body);
  });

  test.each(['//', '/%', '/?X-Amz-Credential=%', 'http://[', '*'])(
    'with the odd target %s harms nobody',
    async (target) => {
      const { port } = new URL(cloud.endpoint);
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`),
        );
        socket.once('data', (chunk: Buffer) => {
          resolve(chunk.toString());
          socket.destroy();
        });
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('closed without an answer')));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    },
  );
});
