import { readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureSurvey } from '../../../cli/demo/sampleSurvey.js';
import { bytesPerGalaxy, demoScale, payloadChanges } from '../../../cli/demo/surveyPlan.js';
import { openPartition } from '../../../data/index.js';
import { FileByteSource } from '../../../storage/byteSource.js';
import { temporaryFolder } from '../temporaryFolder.js';

const signal = new AbortController().signal;

/** Keeps what it is told. */
class RecordedProgress {
  bytes = 0;
  items = 0;
  stopped = false;

  addBytes(delta: number): void {
    this.bytes += delta;
  }

  addItem(): void {
    this.items++;
  }

  stop(): void {
    this.stopped = true;
  }
}

describe('the survey of the demo', () => {
  it('is six partitions of about 5 MB, and more for more ranks', () => {
    expect(demoScale({})).toEqual({ ranks: 6, partitions: 6, seed: 1, galaxiesPerPartition: 256 });
    expect(demoScale({ ranks: 3 }).partitions).toBe(6);
    expect(demoScale({ ranks: 20 }).partitions).toBe(20);
  });

  it("runs the example's payload as it is, unless something else is asked for", () => {
    const payload = { data_prefix: 'surveys/sample' };
    expect(payloadChanges(payload, demoScale({}))).toEqual({});
    expect(payloadChanges(payload, demoScale({ ranks: 3 }))).toEqual({
      data_prefix: 'surveys/sample-1-6',
      world_size: 3,
    });
    expect(payloadChanges(payload, demoScale({ seed: 9 }))).toEqual({
      data_prefix: 'surveys/sample-9-6',
      world_size: 6,
    });
  });

  it('is made once, and again when it has changed', async () => {
    const folder = await temporaryFolder();
    const scale = { seed: 3, partitions: 2, galaxiesPerPartition: 20 };
    const progress = new RecordedProgress();
    const first = await ensureSurvey(folder, scale, signal, () => progress);
    expect(first.made).toBe(true);
    expect(progress).toMatchObject({ bytes: 2 * 20 * bytesPerGalaxy, items: 2, stopped: true });
    expect((await readdir(folder)).sort()).toEqual(['1.safetensors', '2.safetensors', 'survey.json']);
    const source = await FileByteSource.open(first.paths[0]);
    const partition = await openPartition(source);
    await source.close();
    expect(partition.arrays.map(({ name, shape }) => [name, shape])).toEqual([
      ['image', [20, 5, 32, 32]],
      ['magnitude', [20, 5]],
      ['redshift', [20]],
    ]);
    const content = await readFile(first.paths[0]);
    expect((await stat(first.paths[0])).size / 20).toBeCloseTo(20_504, -1.5);

    expect((await ensureSurvey(folder, scale, signal, () => new RecordedProgress())).made).toBe(false);
    await truncate(first.paths[0], 100);
    expect((await ensureSurvey(folder, scale, signal, () => new RecordedProgress())).made).toBe(true);
    expect((await readFile(first.paths[0])).equals(content)).toBe(true);
  });

  it('is whole for each of two commands that make it at once', async () => {
    const parent = await temporaryFolder();
    const folder = join(parent, 'survey');
    const scale = { seed: 3, partitions: 2, galaxiesPerPartition: 20 };
    const both = await Promise.all([1, 2].map(() => ensureSurvey(folder, scale, signal, () => new RecordedProgress())));
    expect(both[0]).toEqual(both[1]);
    expect(await readdir(parent)).toEqual(['survey']);
    expect((await readdir(folder)).sort()).toEqual(['1.safetensors', '2.safetensors', 'survey.json']);
  });

  it('stops when it is interrupted', async () => {
    const stopped = AbortSignal.abort(new Error('Ctrl-C'));
    const progress = new RecordedProgress();
    const scale = { seed: 3, partitions: 1, galaxiesPerPartition: 20 };
    await expect(ensureSurvey(await temporaryFolder(), scale, stopped, () => progress)).rejects.toThrow('Ctrl-C');
    expect(progress.stopped).toBe(true);
  });
});
