import {
  BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

let s3: RunningS3;
let european: RunningS3;

beforeAll(async () => {
  [s3, european] = await Promise.all([startS3(), startS3({ region: 'eu-central-1' })]);
});
afterAll(() => Promise.all([s3.stop(), european.stop()]));

const create = (Bucket: string, where = s3, constraint?: BucketLocationConstraint) =>
  where.client.send(
    new CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: constraint && { LocationConstraint: constraint },
    }),
  );

describe('a bucket', () => {
  it('comes, is seen, and goes', async () => {
    expect((await create('first')).Location).toBe('/first');
    expect((await s3.client.send(new HeadBucketCommand({ Bucket: 'first' }))).BucketRegion).toBe('us-east-1');
    const { Buckets, Owner } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['first']);
    expect(Buckets?.[0].CreationDate?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(Owner?.ID).toHaveLength(64);

    await s3.client.send(new DeleteBucketCommand({ Bucket: 'first' }));
    await expect(s3.client.send(new HeadBucketCommand({ Bucket: 'first' }))).rejects.toMatchObject({
      name: 'NotFound',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(s3.client.send(new DeleteBucketCommand({ Bucket: 'first' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  it('is not deleted while it holds objects, and can be made again', async () => {
    await create('held');
    await s3.client.send(new PutObjectCommand({ Bucket: 'held', Key: 'key', Body: 'x' }));
    await expect(s3.client.send(new DeleteBucketCommand({ Bucket: 'held' }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
      BucketName: 'held',
    });
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'held', Key: 'key' }));
    await s3.client.send(new DeleteBucketCommand({ Bucket: 'held' }));
    await expect(s3.client.send(new PutObjectCommand({ Bucket: 'held', Key: 'key', Body: 'x' }))).rejects.toMatchObject(
      { name: 'NoSuchBucket' },
    );
    await create('held');
    await s3.client.send(new DeleteBucketCommand({ Bucket: 'held' }));
  });

  it('may be made twice in the oldest region, and nowhere else', async () => {
    await Promise.all([create('twice'), create('twice')]);
    await create('twice', european);
    await expect(create('twice', european)).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
  });

  it('lies in the region of the service', async () => {
    await create('here');
    await create('there', european, BucketLocationConstraint.eu_central_1);
    const location = async (Bucket: string, where: RunningS3) =>
      (await where.client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint;
    expect(await location('here', s3)).toBeFalsy();
    expect(await location('there', european)).toBe('eu-central-1');
    await expect(create('nowhere', european, BucketLocationConstraint.ap_south_1)).rejects.toMatchObject({
      name: 'IllegalLocationConstraintException',
    });
  });

  it.each(['ab', 'Upper', '-dash', 'dot..dot', '10.0.0.1', 'under_score', 'a'.repeat(64)])(
    'cannot be named %s',
    async (name) => {
      await expect(create(name)).rejects.toMatchObject({ name: 'InvalidBucketName' });
    },
  );
});

it('lists buckets by prefix and page by page', async () => {
  for (const name of ['page-c', 'page-a', 'page-b', 'other']) await create(name, european);
  const list = (ContinuationToken?: string) =>
    european.client.send(new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2, ContinuationToken }));
  const first = await list();
  const second = await list(first.ContinuationToken);
  expect(first.Buckets?.map(({ Name }) => Name)).toEqual(['page-a', 'page-b']);
  expect(second.Buckets?.map(({ Name }) => Name)).toEqual(['page-c']);
  expect(second.ContinuationToken).toBeUndefined();
});
