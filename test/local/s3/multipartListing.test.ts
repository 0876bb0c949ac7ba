import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { Bucket, begin, s3, upload, useBuckets } from './multipartUpload.js';

useBuckets();

describe('lists', () => {
  it('tells the parts of an upload, page by page', async () => {
    const UploadId = await begin('listed', { ChecksumAlgorithm: 'SHA1' });
    for (const number of [7, 1, 3]) await upload('listed', UploadId, number, 'x'.repeat(number), 'SHA1');
    const list = (PartNumberMarker?: string) =>
      s3.client.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId, MaxParts: 2, PartNumberMarker }));
    const first = await list();
    const second = await list(first.NextPartNumberMarker);

    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '3', ChecksumAlgorithm: 'SHA1' });
    expect(second).toMatchObject({ IsTruncated: false });
    const all = [...(first.Parts ?? []), ...(second.Parts ?? [])];
    expect(all.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 1],
      [3, 3],
      [7, 7],
    ]);
    expect(all.every(({ ETag, ChecksumSHA1 }) => ETag && ChecksumSHA1)).toBe(true);
  });

  it('tells the uploads of a bucket, page by page', async () => {
    for (const key of ['b', 'a', 'b', 'd/1', 'd/2', 'c']) await begin(key);
    const seen: string[] = [];
    let markers: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (markers) {
      const page: Awaited<ReturnType<typeof listPage>> = await listPage(markers);
      for (const { Key } of page.Uploads ?? []) seen.push(Key ?? '');
      for (const { Prefix } of page.CommonPrefixes ?? []) seen.push(Prefix ?? '');
      markers = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    }
    expect(seen).toEqual(['a', 'b', 'b', 'c', 'd/']);
    const prefixed = await s3.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'd/' }));
    expect(prefixed.Uploads?.map(({ Key }) => Key)).toEqual(['d/1', 'd/2']);
  });

  function listPage(markers: { KeyMarker?: string; UploadIdMarker?: string }) {
    return s3.client.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: '/', MaxUploads: 1, ...markers }));
  }
});
