import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

const bucket = { Bucket: 'settings' };
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand(bucket));
});
afterAll(() => s3.stop());

it('keeps settings over a restart and gives them back as they were set', async () => {
  const encryption = { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }] };
  const lifecycle = {
    Rules: [{ ID: 'old', Status: 'Enabled' as const, Filter: { Prefix: 'x/' }, Expiration: { Days: 1 } }],
  };
  const access = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  await s3.client.send(new PutBucketEncryptionCommand({ ...bucket, ServerSideEncryptionConfiguration: encryption }));
  await s3.client.send(new PutBucketLifecycleConfigurationCommand({ ...bucket, LifecycleConfiguration: lifecycle }));
  await s3.client.send(new PutPublicAccessBlockCommand({ ...bucket, PublicAccessBlockConfiguration: access }));
  await s3.client.send(new PutBucketPolicyCommand({ ...bucket, Policy: policy }));
  await s3.client.send(new PutBucketTaggingCommand({ ...bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
  await s3.restart();
  const { ServerSideEncryptionConfiguration } = await s3.client.send(new GetBucketEncryptionCommand(bucket));
  expect(ServerSideEncryptionConfiguration).toEqual(encryption);
  const { Rules } = await s3.client.send(new GetBucketLifecycleConfigurationCommand(bucket));
  expect(Rules).toEqual(lifecycle.Rules);
  const { PublicAccessBlockConfiguration } = await s3.client.send(new GetPublicAccessBlockCommand(bucket));
  expect(PublicAccessBlockConfiguration).toEqual(access);
  expect((await s3.client.send(new GetBucketPolicyCommand(bucket))).Policy).toBe(policy);
  expect((await s3.client.send(new GetBucketTaggingCommand(bucket))).TagSet).toEqual([{ Key: 'a', Value: '1' }]);
  await s3.client.send(new DeleteBucketPolicyCommand(bucket));
  await expect(s3.client.send(new GetBucketPolicyCommand(bucket))).rejects.toMatchObject({
    name: 'NoSuchBucketPolicy',
  });
});

it('refuses a policy that is not JSON, and settings of a bucket that is not there', async () => {
  await expect(s3.client.send(new PutBucketPolicyCommand({ ...bucket, Policy: 'no' }))).rejects.toMatchObject({
    name: 'MalformedPolicy',
  });
  await expect(s3.client.send(new GetBucketPolicyCommand({ Bucket: 'nowhere' }))).rejects.toMatchObject({
    name: 'NoSuchBucket',
  });
});
