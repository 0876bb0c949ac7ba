import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPartitionKey, parseS3Uri, partitionEndings, partitionNames, planShardKey, s3Uri } from '../../run/keys.js';

describe('partitionNames', () => {
  it('names partitions after their keys without prefix and ending', () => {
    expect(partitionNames(['100MB/1.pt', '100MB/a/2.npy', '100MB/v1.2.npz'], '100MB/')).toEqual(['1', 'a/2', 'v1.2']);
  });

  it('keeps the ending where names would be the same', () => {
    expect(partitionNames(['d/1.pt', 'd/1.npy', 'd/2.pt'], 'd/')).toEqual(['1.pt', '1.npy', '2']);
    expect(partitionNames(['a.pt', 'a.npy', 'a.pt.npy'], '')).toEqual(['a.pt', 'a.npy', 'a.pt.npy']);
  });

  it('never gives two partitions one name', () => {
    const stem = fc.constantFrom('1', '2', 'a/1', 'a.b', '');
    const key = fc
      .tuple(stem, fc.array(fc.constantFrom(...partitionEndings), { minLength: 1, maxLength: 3 }))
      .map(([name, endings]) => `${name}${endings.join('')}`);
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), (keys) => {
        const names = partitionNames(
          keys.map((name) => `data/${name}`),
          'data/',
        );
        expect(names).toHaveLength(keys.length);
        expect(new Set(names).size).toBe(keys.length);
        names.forEach((name, index) => {
          expect(keys[index].startsWith(name)).toBe(true);
        });
      }),
    );
  });
});

describe('S3 URIs', () => {
  it('are split into bucket and key and put together again', () => {
    const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}$/);
    fc.assert(
      fc.property(bucket, fc.string(), (name, key) => {
        expect(parseS3Uri(s3Uri(name, key))).toEqual({ bucket: name, key });
      }),
    );
    expect(parseS3Uri('s3://survey')).toEqual({ bucket: 'survey', key: '' });
  });

  it.each(['http://a/b', 's3:/a/b', 's3://', 'S3://a', 'a/b'])('are not found in %s', (text) => {
    expect(parseS3Uri(text)).toBeUndefined();
  });
});

it('knows partitions by their ending, in any case', () => {
  expect(['1.pt', '2.PTH', 'a.npy', 'b.NPZ', 'c.safetensors'].every(isPartitionKey)).toBe(true);
  expect(['1.pt.json', 'pt', 'model.onnx', 'a.npy/'].some(isPartitionKey)).toBe(false);
});

it('puts a hundred ranks into each shard of the plan', () => {
  expect([0, 99, 100, 9999].map((rank) => planShardKey('r', rank))).toEqual([
    'r/plan/0.json',
    'r/plan/0.json',
    'r/plan/1.json',
    'r/plan/99.json',
  ]);
});
