import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStore } from '../../../local/s3/store/objectStore.js';
import { type RunningS3, startS3 } from './harness.js';
import { sendSigned } from './signedRequest.js';

const Bucket = 'listings';
const many = Array.from({ length: 2500 }, (_, at) => `many/${String(at).padStart(4, '0')}`);
const few = ['a', 'a/b', 'a/c/d', 'b é&<', 'z/1', 'z/2'];
let s3: RunningS3;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3-listings-'));
  await fill(directory);
  s3 = await startS3({ directory });
  for (const Key of few) await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});
afterAll(() => s3.stop());

/** Puts the many objects where the service will find them, faster than any client can. */
async function fill(directory: string): Promise<void> {
  const store = await ObjectStore.open(directory, (error) => expect.fail(String(error)));
  await store.createBucket(Bucket);
  const bucket = store.bucket(Bucket);
  const description = { headers: {}, metadata: {}, tags: [] };
  const empty = { version: 1, etag: 'e', size: 0, lastModifiedMs: 0, description } as const;
  await Promise.all(many.map((key) => bucket.commit(key, {}, () => ({ ...empty, segments: [], key }))));
  await store.close();
}

const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
  s3.client.send(new ListObjectsV2Command({ Bucket, ...input }));

describe('ListObjectsV2', () => {
  it('lists 1,000 keys at most, and goes on where it stopped', async () => {
    const pages: number[] = [];
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3.client }, { Bucket, Prefix: 'many/' })) {
      pages.push(page.KeyCount ?? 0);
      for (const { Key } of page.Contents ?? []) keys.push(Key ?? '');
    }
    expect(pages).toEqual([1000, 1000, 500]);
    expect(keys).toEqual(many);
    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000);
  });

  it('says of each object what there is to say', async () => {
    const { Contents, Name, Prefix, IsTruncated } = await list({ Prefix: 'a/b', FetchOwner: true });
    expect([Name, Prefix, IsTruncated]).toEqual([Bucket, 'a/b', false]);
    expect(Contents).toEqual([
      {
        Key: 'a/b',
        Size: 3,
        ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
        LastModified: expect.any(Date),
        StorageClass: 'STANDARD',
        ChecksumAlgorithm: ['CRC32'],
        ChecksumType: 'FULL_OBJECT',
        Owner: { ID: expect.any(String), DisplayName: 'muster' },
      },
    ]);
    expect((await list({ Prefix: 'a/b' })).Contents?.[0].Owner).toBeUndefined();
  });

  it('rolls keys up to common prefixes, which count like keys', async () => {
    const whole = await list({ Delimiter: '/' });
    expect(whole.Contents?.map(({ Key }) => Key)).toEqual(['a', 'b é&<']);
    expect(whole.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['a/', 'many/', 'z/']);
    expect(whole.KeyCount).toBe(5);

    const entries: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page: Awaited<ReturnType<typeof list>> = await list({
        Delimiter: '/',
        MaxKeys: 1,
        ContinuationToken: token,
      });
      entries.push(page.Contents?.[0].Key ?? page.CommonPrefixes?.[0].Prefix);
      token = page.NextContinuationToken;
    } while (token);
    expect(entries).toEqual(['a', 'a/', 'b é&<', 'many/', 'z/']);
  });

  it('starts behind a key, which need not exist', async () => {
    const keys = async (StartAfter: string) => (await list({ StartAfter })).Contents?.map(({ Key }) => Key);
    expect(await keys('many/2499')).toEqual(['z/1', 'z/2']);
    expect(await keys('many/9')).toEqual(['z/1', 'z/2']);
    expect(await keys('zz')).toBeUndefined();
  });

  it('encodes names when it is asked to', async () => {
    const { Contents, Prefix, EncodingType } = await list({ Prefix: 'b é', EncodingType: 'url' });
    expect([Prefix, EncodingType]).toEqual(['b%20%C3%A9', 'url']);
    expect(Contents?.[0].Key).toBe('b%20%C3%A9%26%3C');
  });

  it('lists nothing when nothing is asked for', async () => {
    const page = await list({ MaxKeys: 0 });
    expect([page.KeyCount, page.IsTruncated, page.Contents]).toEqual([0, false, undefined]);
  });

  it.each([{ MaxKeys: -1 }, { ContinuationToken: 'not a token' }, { EncodingType: 'base64' as never }])(
    'refuses %o',
    async (input) => {
      await expect(list(input)).rejects.toMatchObject({ name: 'InvalidArgument' });
    },
  );

  it('refuses another type of list', async () => {
    const response = await sendSigned(s3.endpoint, { method: 'GET', path: `/${Bucket}`, query: 'list-type=3' });
    expect(response.body).toContain('<Code>InvalidArgument</Code>');
  });
});

describe('ListObjects', () => {
  it('goes on at the last key, or at the marker that it names with a delimiter', async () => {
    const list = (input: { Marker?: string; Delimiter?: string }) =>
      s3.client.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, ...input }));
    const first = await list({});
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['a', 'a/b']);
    expect([first.IsTruncated, first.NextMarker]).toEqual([true, undefined]);
    const second = await list({ Marker: 'a/b' });
    expect(second.Contents?.map(({ Key, Owner }) => [Key, Owner?.DisplayName])).toEqual([
      ['a/c/d', 'muster'],
      ['b é&<', 'muster'],
    ]);

    const rolled = await list({ Delimiter: '/' });
    expect(rolled).toMatchObject({ IsTruncated: true, NextMarker: 'a/' });
    const next = await list({ Delimiter: '/', Marker: rolled.NextMarker });
    expect(next).toMatchObject({
      NextMarker: 'many/',
      Contents: [{ Key: 'b é&<' }],
      CommonPrefixes: [{ Prefix: 'many/' }],
    });
  });
});

it('keeps its order and its objects over a restart', async () => {
  const before = await list();
  await s3.restart();
  const after = await list();
  expect(after.Contents).toEqual(before.Contents);
});
