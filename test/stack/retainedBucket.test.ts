import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningCloud, startCloud } from '../../local/cloud.js';
import type { Serverless } from '../../stack/plugin/framework.js';
import { findStackBucket, settleBucket } from '../../stack/plugin/retainedBucket.js';

const settings = { region: 'us-east-1', credentials: { accessKeyId: 'AKIAREMOVALTEST', secretAccessKey: 'removal' } };
let folder: string;
let cloud: RunningCloud;
let cloudFormation: CloudFormationClient;
let s3: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-removal-'));
  cloud = await startCloud({
    ...settings,
    directory: folder,
    host: '127.0.0.1',
    port: 0,
    functions: [],
    accountConcurrency: 1,
  });
  cloudFormation = new CloudFormationClient({ ...settings, endpoint: cloud.endpoint });
  s3 = new S3Client({ ...settings, endpoint: cloud.endpoint });
});
afterAll(async () => {
  cloudFormation?.destroy();
  s3?.destroy();
  await cloud?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The framework with a stack of this name, and what the plugin says through it. */
function frameworkFor(stackName: string) {
  const said: string[] = [];
  const serverless: Serverless = {
    serviceDir: folder,
    service: { provider: {}, functions: {} },
    getProvider: () => ({
      getRegion: () => settings.region,
      getStage: () => 'dev',
      naming: { getStackName: () => stackName },
      getServerlessDeploymentBucketName: async () => 'deployment',
      getAwsSdkV3Config: async () => ({ ...settings, endpoint: cloud.endpoint }),
    }),
  };
  const say = (message: string) => void said.push(message);
  return { serverless, said, output: { log: { notice: say, warning: say } } };
}

/** Makes a stack with a bucket, puts objects into it, and removes the stack as `serverless remove` does. */
async function removeStackWith(StackName: string, keys: readonly string[]) {
  const { serverless, said, output } = frameworkFor(StackName);
  const DataBucket = { Type: 'AWS::S3::Bucket', DeletionPolicy: 'RetainExceptOnCreate' };
  const waiting = { client: cloudFormation, minDelay: 1, maxDelay: 1, maxWaitTime: 20 };
  await cloudFormation.send(
    new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources: { DataBucket } }) }),
  );
  await waitUntilStackCreateComplete(waiting, { StackName });
  const bucket = await findStackBucket(serverless);
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'data' }));
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  await waitUntilStackDeleteComplete(waiting, { StackName });
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  await settleBucket(serverless, bucket, output);
  return { bucket, said: said.join('\n') };
}

it('removes the bucket of a removed stack when it is empty', async () => {
  const { bucket, said } = await removeStackWith('removal-empty', []);
  expect(bucket).toMatch(/^removal-empty-databucket-/);
  expect(said).toBe(`The bucket ${bucket} was empty and is removed.`);
  await expect(s3.send(new HeadBucketCommand({ Bucket: bucket }))).rejects.toThrow();
});

it('keeps a bucket with data, and says its name and what to do about it', async () => {
  const { bucket, said } = await removeStackWith('removal-full', ['results/summary.json']);
  expect(said).toContain(`The bucket ${bucket} holds data and was kept`);
  expect(said).toContain(`npx serverless deploy --stage dev --param bucket=${bucket}`);
  expect(said).toContain(`aws s3 rb --force s3://${bucket}`);
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
});

it('has nothing to do where there is no stack, or the bucket was removed by hand', async () => {
  const { serverless, said, output } = frameworkFor('removal-never-made');
  expect(await findStackBucket(serverless)).toBeUndefined();
  await settleBucket(serverless, undefined, output);
  await settleBucket(serverless, 'removal-never-made-databucket', output);
  expect(said).toEqual([]);
});
