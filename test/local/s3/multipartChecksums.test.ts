import {
  type ChecksumAlgorithm,
  type ChecksumType,
  GetObjectAttributesCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createDigest } from '../../../local/s3/checksum.js';
import { Bucket, begin, complete, minPart, parts, read, s3, upload, useBuckets } from './multipartUpload.js';

useBuckets();

describe('checksums', () => {
  const pair = [parts[0], parts[2]];
  const digestOf = async (algorithm: ChecksumAlgorithm & keyof typeof ChecksumAlgorithm, data: Buffer) => {
    if (
      algorithm !== 'CRC32' &&
      algorithm !== 'CRC32C' &&
      algorithm !== 'CRC64NVME' &&
      algorithm !== 'SHA1' &&
      algorithm !== 'SHA256'
    )
      throw new Error(`no digest of ${algorithm}`);
    const digest = createDigest(algorithm);
    digest.update(data);
    return digest.digest();
  };

  it.each([
    ['CRC32', 'COMPOSITE'],
    ['CRC32C', 'COMPOSITE'],
    ['SHA1', 'COMPOSITE'],
    ['SHA256', 'COMPOSITE'],
    ['CRC32', 'FULL_OBJECT'],
    ['CRC32C', 'FULL_OBJECT'],
    ['CRC64NVME', 'FULL_OBJECT'],
  ] as const)('of %s are kept as %s', async (algorithm, type) => {
    const Key = `${algorithm}-${type}`;
    const UploadId = await begin(Key, { ChecksumAlgorithm: algorithm, ChecksumType: type satisfies ChecksumType });
    const list = [];
    for (const [at, part] of pair.entries()) {
      const { $metadata: _, ...sent } = await s3.client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body: part, ChecksumAlgorithm: algorithm }),
      );
      list.push({ PartNumber: at + 1, ...sent });
    }
    const completed = await complete(Key, UploadId, list);
    const partDigests = await Promise.all(pair.map((part) => digestOf(algorithm, part)));
    const expected =
      type === 'FULL_OBJECT'
        ? (await digestOf(algorithm, Buffer.concat(pair))).toString('base64')
        : `${(await digestOf(algorithm, Buffer.concat(partDigests))).toString('base64')}-2`;

    const member = `Checksum${algorithm}` as const;
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect([completed[member], completed.ChecksumType]).toEqual([expected, type]);
    expect([head[member], head.ChecksumType]).toEqual([expected, type]);
    expect((await read(Key)).equals(Buffer.concat(pair))).toBe(true);
    const attributes = await s3.client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: ['Checksum', 'ObjectParts', 'ETag', 'ObjectSize', 'StorageClass'],
        MaxParts: 1,
      }),
    );
    expect(attributes).toMatchObject({
      ETag: completed.ETag?.replaceAll('"', ''),
      ObjectSize: minPart + 10,
      StorageClass: 'STANDARD',
      Checksum: { [member]: expected.replace(/-2$/, ''), ChecksumType: type },
      ObjectParts: { TotalPartsCount: 2, IsTruncated: true, MaxParts: 1, NextPartNumberMarker: '1' },
    });
    expect(attributes.ObjectParts?.Parts).toEqual(
      partDigests.slice(0, 1).map((digest, at) => {
        return { PartNumber: at + 1, Size: pair[at].length, [member]: digest.toString('base64') };
      }),
    );
  });

  it('of the whole are compared with what the client expects', async () => {
    const UploadId = await begin('expected', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const part = await upload('expected', UploadId, 1, 'abc');
    const crc = (await digestOf('CRC32', Buffer.from('abc'))).toString('base64');
    const wrong = complete('expected', UploadId, [part], { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' });
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
    const mode = complete('expected', UploadId, [part], { ChecksumType: 'COMPOSITE' });
    await expect(mode).rejects.toMatchObject({ name: 'InvalidRequest' });
    await complete('expected', UploadId, [part], { ChecksumCRC32: crc, ChecksumType: 'FULL_OBJECT' });
  });

  it('must be of the algorithm that the upload was begun with', async () => {
    const UploadId = await begin('mixed', { ChecksumAlgorithm: 'SHA256' });
    const mixed = new UploadPartCommand({
      Bucket,
      Key: 'mixed',
      UploadId,
      PartNumber: 1,
      Body: 'x',
      ChecksumAlgorithm: 'SHA1',
    });
    await expect(s3.client.send(mixed)).rejects.toMatchObject({ name: 'InvalidRequest' });
  });

  it('must be listed for every part when they are composite', async () => {
    const UploadId = await begin('unlisted', { ChecksumAlgorithm: 'SHA256' });
    const { ETag } = await s3.client.send(
      new UploadPartCommand({
        Bucket,
        Key: 'unlisted',
        UploadId,
        PartNumber: 1,
        Body: 'x',
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    await expect(complete('unlisted', UploadId, [{ PartNumber: 1, ETag }])).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
  });

  it.each([
    ['CRC64NVME', 'COMPOSITE'],
    ['SHA256', 'FULL_OBJECT'],
  ] as const)('of %s cannot be %s', async (algorithm, type) => {
    await expect(begin('impossible', { ChecksumAlgorithm: algorithm, ChecksumType: type })).rejects.toMatchObject({
      name: 'InvalidRequest',
    });
  });
});
