import { beforeAll, describe, expect, it } from 'vitest';
import { openPartition, streamBatches, tensorContent } from '../../data/index.js';
import { writePartition } from '../../data/write/partition.js';
import { collect, readAll } from './fixtureFile.js';
import { RecordingSource } from './recordingSource.js';
import { image, joined, label, samples, wideFile } from './wideDataset.js';

const KIB = 1024;
let file: Buffer;

beforeAll(async () => {
  file = await wideFile();
});

describe('what is read', () => {
  it('to open a .pt is its two ends, at the same time', async () => {
    const source = new RecordingSource(file);
    await openPartition(source);

    expect(source.reads).toEqual([
      { offset: 0, length: 64 * KIB },
      { offset: file.length - 256 * KIB, length: 256 * KIB },
    ]);
  });

  it('of a small file is all of it, once', async () => {
    const source = new RecordingSource(await collect(writePartition('npz', [tensorContent('x', label)]).content));
    const partition = await openPartition(source);
    await readAll(partition);

    expect(source.reads).toEqual([{ offset: 0, length: source.size }]);
  });

  it('of a .safetensors is its head', async () => {
    const bytes = await collect(writePartition('safetensors', [tensorContent('x', image)]).content);
    const source = new RecordingSource(bytes, 's3://bucket/1.safetensors');
    await openPartition(source);

    expect(source.reads).toEqual([{ offset: 0, length: 64 * KIB }]);
  });

  it('for labels at the end of the file is nothing more', async () => {
    const source = new RecordingSource(file);
    const partition = await openPartition(source);
    const before = source.reads.length;
    await readAll(partition);
    const bytes = source.reads.slice(before).reduce((sum, { length }) => sum + length, 0);

    expect(bytes).toBe(samples * 500 * 4);
  });

  it('is only the selected array', async () => {
    const source = new RecordingSource(
      await collect(
        writePartition('safetensors', [tensorContent('big', image), tensorContent('other', image)]).content,
      ),
      'two.safetensors',
    );
    const partition = await openPartition(source);
    const before = source.bytesRead;
    await joined(partition, streamBatches(partition, { arrays: ['other'], batchSize: 64, chunkBytes: 256 * KIB }));

    expect(source.bytesRead - before).toBe(samples * 500 * 4);
  });

  it('is only the needed part of a storage that a slice drags along', async () => {
    const rows = 40;
    const source = new RecordingSource(file);
    const partition = await openPartition(source);
    const before = source.bytesRead;
    const range = { start: 400, count: rows };
    await joined(partition, streamBatches(partition, { arrays: ['0'], batchSize: 8, samples: range }));

    expect(source.bytesRead - before).toBe(rows * 500 * 4);
  });

  it('joins small arrays that lie side by side into one request', async () => {
    const small = Array.from({ length: 20 }, (_, index) => tensorContent(`a${index}`, label));
    const source = new RecordingSource(
      await collect(writePartition('safetensors', [tensorContent('big', image), ...small]).content),
      'joined.safetensors',
    );
    const partition = await openPartition(source);
    const before = source.reads.length;
    const arrays = small.map(({ name }) => name);
    await joined(partition, streamBatches(partition, { arrays, batchSize: 100 }));

    expect(source.reads.slice(before)).toEqual([{ offset: source.size - 20 * samples * 8, length: 20 * samples * 8 }]);
  });
});
