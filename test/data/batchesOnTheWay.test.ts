import { beforeAll, describe, expect, it } from 'vitest';
import { openPartition, streamBatches } from '../../data/index.js';
import { failureOf } from './fixtureFile.js';
import { GatedSource } from './recordingSource.js';
import { wideFile } from './wideDataset.js';

let file: Buffer;

beforeAll(async () => {
  file = await wideFile();
});

describe('while bytes are on the way', () => {
  // Samples that lie in neither of the ends that opening has fetched.
  const range = { start: 100, count: 700 };
  const options = { arrays: ['0'], batchSize: 10, chunkBytes: 40_000, bytesInFlight: 400_000, samples: range };

  async function gated() {
    const source = new GatedSource(file);
    const partition = await openPartition(source);
    source.close();
    return { source, partition };
  }

  it('a batch is handed out when its own have arrived', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, options);
    const first = batches.next();
    await requested(source);
    await source.pending[0].arrive();
    const { value } = await first;

    expect(value).toMatchObject({ start: 100, count: 10 });
    expect(source.pending.length).toBeGreaterThan(5);
    await batches.return();
  });

  it('no more than the window is asked for, however long the consumer takes', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, options);
    const first = batches.next();
    await requested(source);
    expect(source.bytesPending).toBe(400_000);

    await Promise.all([...source.pending].map((read) => read.arrive()));
    await first;
    expect(source.bytesPending).toBe(0);

    // Each piece holds two batches; the window moves by one piece when the consumer is done with its first.
    const pending: number[] = [];
    for (let batch = 2; batch <= 5; batch++) {
      await batches.next();
      pending.push(source.bytesPending);
    }
    expect(pending).toEqual([40_000, 40_000, 80_000, 80_000]);
    await batches.return();
  });

  it('a batch larger than the window still comes', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, { ...options, batchSize: 300, bytesInFlight: 1 });
    const first = batches.next();
    for (let arrived = 0; arrived < 15; arrived++) {
      await requested(source);
      expect(source.pending).toHaveLength(1);
      await source.pending[0].arrive();
    }

    expect((await first).value).toMatchObject({ count: 300 });
    await batches.return();
  });

  it('leaving the loop gives up what is on the way, before the loop is left', async () => {
    const { source, partition } = await gated();
    const batches = streamBatches(partition, options);
    const first = batches.next();
    await requested(source);
    await source.pending[0].arrive();
    await first;
    await batches.return();

    expect(source.pending).toHaveLength(0);
  });

  it('an abort ends the stream with its reason and leaves nothing on the way', async () => {
    const { source, partition } = await gated();
    const controller = new AbortController();
    const first = failureOf(streamBatches(partition, { ...options, signal: controller.signal }).next());
    await requested(source);
    const reason = new Error('deadline');
    controller.abort(reason);

    expect(await first).toBe(reason);
    expect(source.pending).toHaveLength(0);
  });

  it('a failure ends the stream at once, with the failure itself, whichever piece it hit', async () => {
    const { source, partition } = await gated();
    const first = failureOf(streamBatches(partition, options).next());
    await requested(source);
    const failure = new Error('connection lost');
    source.pending[4].fail(failure);

    expect(await first).toBe(failure);
    expect(source.pending).toHaveLength(0);
  });

  /** Resolves when the source has been asked for something; the event loop turns, no clock is involved. */
  async function requested(source: GatedSource): Promise<void> {
    while (source.pending.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});
