import { readFile, rm } from 'node:fs/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { GetFunctionConfigurationCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPartition, readArray, tensorContent, writePartition } from '../../data/index.js';
import { predictionsKey } from '../../run/keys.js';
import type { Tensor } from '../../run/tensor.js';
import { MemoryByteSource } from '../../storage/byteSource.js';
import { readSmallSurvey, redshiftModelPath, type SmallSurvey } from '../models/smallSurvey.js';
import { runFramework, stackFolder } from '../stack/packagedService.js';
import { SystemUnderTest, startMuster } from './muster.js';
import { freePort, type HostOptions, serveOnce } from './rendezvousHost.js';

/*
 * The stack of serverless.yml, deployed by the framework itself through an endpoint in the environment, run, changed and
 * removed. The embedded cloud stands in for AWS; nothing of the stack knows that.
 */
const stage = 'proof';
const partSize = 50;
let system: SystemUnderTest;
let folder: string;
let survey: SmallSurvey;
let settings: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

beforeAll(async () => {
  system = await SystemUnderTest.start();
  folder = await stackFolder();
  survey = await readSmallSurvey({ shared: false });
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = system.variables;
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  settings = { endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials };
});
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

/** `npx serverless <command> --stage proof ...` with nothing but where AWS is and who calls. */
function serverless(command: string, ...args: string[]): Promise<string> {
  return runFramework(folder, [command, '--stage', stage, ...args], {
    ...system.variables,
    SLS_AWS_MONITORING_FREQUENCY: '100',
  });
}

async function stackOutputs(): Promise<Record<string, string>> {
  const { Stacks = [] } = await new CloudFormationClient(settings).send(
    new DescribeStacksCommand({ StackName: `muster-${stage}` }),
  );
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

async function putSurvey(s3: S3Client, bucket: string): Promise<void> {
  const rows = ({ dtype, shape, data }: Tensor, start: number): Tensor => {
    const width = shape.slice(1).reduce((product, size) => product * size, 1);
    const part = data.slice(start * width, (start + partSize) * width);
    return { dtype, shape: [partSize, ...shape.slice(1)], data: part } as Tensor;
  };
  for (let start = 0; start < survey.count; start += partSize) {
    const { image, magnitude, redshift } = survey;
    const arrays = Object.entries({ image, magnitude, redshift }).map(([name, tensor]) =>
      tensorContent(name, rows(tensor, start)),
    );
    const pieces: Uint8Array[] = [];
    for await (const piece of writePartition('safetensors', arrays).content) pieces.push(piece.slice());
    const Key = `survey/${start / partSize + 1}.safetensors`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.concat(pieces) }));
  }
  const Body = await readFile(redshiftModelPath);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'model/redshift.onnx', Body }));
}

/** The largest difference from what PyTorch predicts. */
async function worstError(bucket: string, resultPrefix: string): Promise<number> {
  let worst = 0;
  for (let part = 0; part * partSize < survey.count; part++) {
    const key = predictionsKey(resultPrefix, `${part + 1}`, 'npy');
    const partition = await openPartition(new MemoryByteSource(key, await system.store().getBytes(bucket, key)));
    const { data } = await readArray(partition, 0);
    expect(data).toHaveLength(partSize);
    for (const [index, value] of [...data].entries())
      worst = Math.max(worst, Math.abs(Number(value) - survey.predictions[part * partSize + index]));
  }
  return worst;
}

it('is deployed, runs, is changed and is removed by the commands of the README', { timeout: 240_000 }, async () => {
  const ports = [await freePort(), await freePort()] as const;
  const onPorts = ['--param', `rendezvousPort=${ports[0]}`, '--param', `rendezvousObserverPort=${ports[1]}`];
  await serverless('deploy', ...onPorts);
  const { StateMachineArn = '', BucketName = '', ...outputs } = await stackOutputs();
  await putSurvey(system.s3, BucketName);
  const payload = {
    bucket: BucketName,
    S3_object_name: 'model',
    data_prefix: 'survey',
    result_path: 'results/started',
    collectives: 'storage',
  };

  // As any client starts it.
  const sfn = new SFNClient(settings);
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: StateMachineArn, input: JSON.stringify(payload) }),
  );
  const status = async () => (await sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
  await expect.poll(status, { timeout: 60_000, interval: 100 }).not.toBe('RUNNING');
  expect(await status()).toBe('SUCCEEDED');
  expect(await worstError(BucketName, 'results/started')).toBeLessThan(1e-4);

  // As our command starts it, which finds the stack by its outputs.
  const byCommand = JSON.stringify({ ...payload, result_path: 'results/run' });
  const { finished } = startMuster(['run', '-', '--aws', '--stage', stage, '--json'], byCommand, system.variables);
  const { code, stdout, stderr } = await finished;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ status: 'SUCCEEDED', ranks: { expected: 4, succeeded: 4 } });
  expect(await worstError(BucketName, 'results/run')).toBeLessThan(1e-4);

  // A run that needs the rendezvous starts its stopped host, which fetches its server and stops itself afterwards.
  const noHost = new AbortController();
  const served = serveOnce(hostOf(outputs, ports), noHost.signal);
  served.catch(() => undefined);
  const relay = JSON.stringify({ ...payload, result_path: 'results/relay', collectives: 'relay' });
  const met = await startMuster(['run', '-', '--aws', '--stage', stage, '--json'], relay, system.variables).finished;
  if (met.code !== 0) noHost.abort();
  expect({ code: met.code, stderr: met.code === 0 ? '' : met.stderr }).toEqual({ code: 0, stderr: '' });
  expect(await system.readJson(`s3://${BucketName}/results/relay/summary.json`)).toMatchObject({
    collectives: { channel: 'relay', status: 'done', agrees: true },
    bill: {
      lines: expect.arrayContaining([
        expect.objectContaining({ note: expect.stringMatching(/15 min until it stops/) }),
      ]),
    },
  });
  expect(await served).toBe(0);

  const lambda = new LambdaClient(settings);
  await serverless('deploy', '--param', 'executorMemoryMb=2048', ...onPorts);
  const executor = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: `muster-${stage}-executor` }));
  expect(executor.MemorySize).toBe(2048);

  const farewell = await serverless('remove');
  expect(farewell).toContain(BucketName);
  expect(await leftBehind(lambda, sfn)).toEqual({
    functions: [],
    stateMachines: [],
    logGroups: [],
    parameters: [],
    buckets: [BucketName],
  });
});

/** The host of the deployed stack, as its outputs and serverless.yml describe it. */
function hostOf(outputs: Record<string, string>, ports: readonly [number, number]): HostOptions {
  const { ServerlessDeploymentBucketName = '', RendezvousInstanceId = '', RendezvousParameters = '' } = outputs;
  return {
    ec2: new EC2Client(settings),
    s3: system.s3,
    instanceId: RendezvousInstanceId,
    bundle: { bucket: ServerlessDeploymentBucketName, key: `serverless/muster/${stage}/rendezvous/server.mjs` },
    parameters: RendezvousParameters,
    ports,
    folder,
    environment: system.variables,
  };
}

/** What there still is of the stage. */
async function leftBehind(lambda: LambdaClient, sfn: SFNClient): Promise<Record<string, unknown[]>> {
  const ofStage = (name: string | undefined) => name?.includes(`muster-${stage}`) === true;
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
  const { logGroups = [] } = await new CloudWatchLogsClient(settings).send(new DescribeLogGroupsCommand({}));
  const { Parameters = [] } = await new SSMClient(settings).send(
    new GetParametersByPathCommand({ Path: `/muster/${stage}`, Recursive: true }),
  );
  const { Buckets = [] } = await system.s3.send(new ListBucketsCommand({}));
  return {
    functions: Functions.map(({ FunctionName }) => FunctionName).filter(ofStage),
    stateMachines: stateMachines.map(({ name }) => name).filter(ofStage),
    logGroups: logGroups.map(({ logGroupName }) => logGroupName).filter(ofStage),
    parameters: Parameters,
    buckets: Buckets.map(({ Name }) => Name).filter(ofStage),
  };
}
