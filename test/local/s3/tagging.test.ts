import {
  CreateBucketCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './harness.js';

const object = { Bucket: 'tagging', Key: 'object' };
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket: object.Bucket }));
});
afterAll(() => s3.stop());

const put = (TagSet: Tag[]) => s3.client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet } }));
const tags = async () => (await s3.client.send(new GetObjectTaggingCommand(object))).TagSet;

it('keeps tags given with the object or later, and forgets them', async () => {
  await s3.client.send(new PutObjectCommand({ ...object, Body: 'x', Tagging: 'a=1&b%20c=d%2Be' }));
  expect(await tags()).toEqual([
    { Key: 'a', Value: '1' },
    { Key: 'b c', Value: 'd+e' },
  ]);
  const before = await s3.client.send(new HeadObjectCommand(object));
  await put([{ Key: 'ä', Value: '' }]);
  await s3.restart();
  expect(await tags()).toEqual([{ Key: 'ä', Value: '' }]);
  const { TagCount, ETag, LastModified } = await s3.client.send(new GetObjectCommand(object));
  expect([TagCount, ETag, LastModified]).toEqual([1, before.ETag, before.LastModified]);
  await s3.client.send(new DeleteObjectTaggingCommand(object));
  expect(await tags()).toEqual([]);
});

it.each<[string, Tag[]]>([
  ['eleven tags', Array.from({ length: 11 }, (_, at) => ({ Key: `k${at}`, Value: 'v' }))],
  [
    'two of one key',
    [
      { Key: 'k', Value: '1' },
      { Key: 'k', Value: '2' },
    ],
  ],
  ['an empty key', [{ Key: '', Value: 'v' }]],
  ['a long key', [{ Key: 'k'.repeat(129), Value: 'v' }]],
  ['a long value', [{ Key: 'k', Value: 'v'.repeat(257) }]],
  ['a character that is not allowed', [{ Key: 'k', Value: '<' }]],
])('refuses %s', async (_, TagSet) => {
  await s3.client.send(new PutObjectCommand({ ...object, Body: 'x' }));
  await expect(put(TagSet)).rejects.toMatchObject({ name: 'InvalidTag' });
  expect(await tags()).toEqual([]);
});

it('tells the attributes of an object that are asked for', async () => {
  await s3.client.send(new PutObjectCommand({ ...object, Body: 'four', ChecksumAlgorithm: 'SHA256' }));
  const ask = (ObjectAttributes: ('ETag' | 'Checksum' | 'ObjectParts' | 'ObjectSize')[]) =>
    s3.client.send(new GetObjectAttributesCommand({ ...object, ObjectAttributes }));
  const { $metadata: _, LastModified, ...attributes } = await ask(['ObjectSize', 'Checksum', 'ObjectParts']);
  expect(LastModified).toBeInstanceOf(Date);
  expect(attributes).toEqual({
    ObjectSize: 4,
    Checksum: { ChecksumSHA256: 'BO+vCA9aPnThwp0cpqSFaTgsu80yTo1Z0rg+8hwDnwA=', ChecksumType: 'FULL_OBJECT' },
  });
  await expect(ask(['Bogus' as 'ETag'])).rejects.toMatchObject({ name: 'InvalidArgument' });
});
