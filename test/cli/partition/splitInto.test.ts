import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PartsPresentError } from '../../../cli/errors.js';
import { openDataset } from '../../../cli/partition/datasetSource.js';
import { FolderSink, type PartSink, S3Sink } from '../../../cli/partition/partSink.js';
import { splitInto } from '../../../cli/partition/splitInto.js';
import { openPartition, readArray, saveFile, tensorContent, writeSafetensors } from '../../../data/index.js';
import { FileByteSource } from '../../../storage/byteSource.js';
import { S3ByteSource } from '../../../storage/s3ByteSource.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';
import { temporaryFolder } from '../temporaryFolder.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const signal = new AbortController().signal;
const values = Float32Array.from({ length: 10 }, (_, index) => index);

async function dataset(): Promise<string> {
  const path = join(await temporaryFolder(), 'survey.safetensors');
  await saveFile(path, writeSafetensors([tensorContent('y', { dtype: 'float32', shape: [10], data: values })]));
  return path;
}

async function split(path: string, sink: PartSink, resume = false) {
  const counted = { bytes: 0, parts: 0 };
  const progress = {
    planned: () => {},
    bytes: (delta: number) => {
      counted.bytes += delta;
    },
    partDone: () => {
      counted.parts++;
    },
  };
  const { files, close } = await openDataset([path], s3.store(), signal);
  try {
    const options = { by: { samples: 4 }, format: 'safetensors' as const, resume, signal };
    return { result: await splitInto(files, sink, options, progress), counted };
  } finally {
    await close();
  }
}

describe('splitting a dataset', () => {
  it('writes its samples in order into a folder', async () => {
    const out = join(await temporaryFolder(), 'parts');
    const { result, counted } = await split(await dataset(), new FolderSink(out));
    expect((await readdir(out)).sort()).toEqual(['1.safetensors', '2.safetensors', '3.safetensors']);
    expect(result).toMatchObject({ parts: 3, samples: 10, skipped: 0, bytes: counted.bytes });
    const source = await FileByteSource.open(join(out, '2.safetensors'));
    const { data } = await readArray(await openPartition(source), 'y');
    await source.close();
    expect([...data]).toEqual([4, 5, 6, 7]);
  });

  it('writes into a bucket and reads from one', async () => {
    const sink = new S3Sink(s3.client, { bucket: s3.bucket, prefix: 'parts' });
    await split(await dataset(), sink);
    expect([...(await sink.existing()).keys()]).toEqual(['1.safetensors', '2.safetensors', '3.safetensors']);
    const again = new S3Sink(s3.client, { bucket: s3.bucket, prefix: 'again' });
    await split(`s3://${s3.bucket}/parts/1.safetensors`, again);
    const object = await s3.store().head(s3.bucket, 'again/1.safetensors');
    if (!object) throw new Error('the part is not there');
    const { data } = await readArray(await openPartition(new S3ByteSource(s3.store(), s3.bucket, object)), 'y');
    expect([...data]).toEqual([0, 1, 2, 3]);
  });

  it('mixes with no partitions that are there', async () => {
    const out = await temporaryFolder();
    await writeFile(join(out, '9.pt'), 'an older split');
    const splitting = split(await dataset(), new FolderSink(out));
    await expect(splitting).rejects.toThrow(PartsPresentError);
    await expect(splitting).rejects.toThrow('9.pt');
    expect(await readdir(out)).toEqual(['9.pt']);
  });

  it('goes on where an earlier attempt stopped', async () => {
    const out = await temporaryFolder();
    const path = await dataset();
    await split(path, new FolderSink(out));
    const { result, counted } = await split(path, new FolderSink(out), true);
    expect(result.skipped).toBe(3);
    expect(counted).toEqual({ bytes: result.bytes, parts: 3 });
  });

  it('does not take a part of another size for its own', async () => {
    const out = await temporaryFolder();
    await writeFile(join(out, '1.safetensors'), 'half of it');
    await expect(split(await dataset(), new FolderSink(out), true)).rejects.toThrow(
      'not of this split, or not complete',
    );
  });
});
