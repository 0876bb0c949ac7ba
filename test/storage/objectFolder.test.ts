import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ObjectFolder } from '../../storage/objectFolder.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const bytes = (text: string) => Buffer.from(text);

it('reads, lists and removes by the names below its prefix', async () => {
  const folder = new ObjectFolder(s3.store(), s3.bucket, 'run/channel/');
  const elsewhere = new ObjectFolder(s3.store(), s3.bucket, 'run/');
  await folder.put('a/1', bytes('one'));
  await folder.put('a/2', bytes('two'));
  await elsewhere.put('kept', bytes('kept'));
  expect(Buffer.from((await folder.get('a/2')) ?? []).toString()).toBe('two');
  expect(await folder.get('a/3')).toBeUndefined();
  expect((await folder.list('a/')).map(({ name }) => name)).toEqual(['a/1', 'a/2']);
  await folder.delete(['a/1', 'a/2', 'never/there']);
  expect(await folder.list('')).toEqual([]);
  expect((await elsewhere.list('')).map(({ name }) => name)).toEqual(['kept']);
});

it('lets exactly one of several first writers win', async () => {
  const folder = new ObjectFolder(s3.store(), s3.bucket, 'first/');
  const won = await Promise.all([1, 2, 3, 4].map((n) => folder.putIfAbsent('roster', bytes(String(n)))));
  expect(won.filter(Boolean)).toHaveLength(1);
  expect(Buffer.from((await folder.get('roster')) ?? []).toString()).toBe(String(won.indexOf(true) + 1));
});

it('tags every object that it writes, if it is told to', async () => {
  const folder = new ObjectFolder(s3.store(), s3.bucket, 'tagged/', { muster: 'scratch', kind: 'a b=c' });
  await folder.put('x', bytes('1'));
  await folder.putIfAbsent('y', bytes('2'));
  for (const name of ['x', 'y']) {
    const { TagSet } = await s3.client.send(new GetObjectTaggingCommand({ Bucket: s3.bucket, Key: `tagged/${name}` }));
    expect(TagSet).toEqual([
      { Key: 'muster', Value: 'scratch' },
      { Key: 'kind', Value: 'a b=c' },
    ]);
  }
});

it('gives another etag when the content is another', async () => {
  const folder = new ObjectFolder(s3.store(), s3.bucket, 'beat/');
  await folder.put('x', bytes('1'));
  const [first] = await folder.list('');
  await folder.put('x', bytes('2'));
  const [second] = await folder.list('');
  expect(second?.etag).not.toBe(first?.etag);
});

it('removes and lists more objects than S3 takes at a time', async () => {
  const store = s3.store();
  const folder = new ObjectFolder(store, s3.bucket, 'many/');
  const names = Array.from({ length: 1005 }, (_, index) => `o${String(index).padStart(4, '0')}`);
  for (let start = 0; start < names.length; start += 50) {
    await Promise.all(names.slice(start, start + 50).map((name) => folder.put(name, bytes('x'))));
  }
  const listed = await folder.list('o');
  expect(listed.map(({ name }) => name)).toEqual(names);
  await folder.delete(names);
  expect(await folder.list('')).toEqual([]);
  expect(store.calls.counts.delete).toBe(2);
});
