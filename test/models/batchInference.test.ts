import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BatchInferenceOptions, inferBatches, type SampleBatch } from '../../models/batchInference.js';
import { createInferenceSession, type InferenceSession } from '../../models/inferenceSession.js';
import { rowsOf } from '../../models/tensorArrays.js';
import type { Dtype, Tensor } from '../../run/tensor.js';
import { fixturePath, readSmallSurvey, redshiftModelPath, type SmallSurvey } from './smallSurvey.js';

const refuseCast = (_: Tensor, dtype: Dtype): Tensor => {
  throw new Error(`no cast to ${dtype} is needed here`);
};

async function* batchesOf(arrays: Record<string, Tensor>, size: number): AsyncGenerator<SampleBatch> {
  const total = Object.values(arrays)[0].shape[0];
  for (let start = 0; start < total; start += size) {
    const count = Math.min(size, total - start);
    const tensors = Object.entries(arrays).map(([name, tensor]) => [name, rowsOf(tensor, start, count)]);
    yield { start, count, tensors: Object.fromEntries(tensors) };
  }
}

describe('batches through the redshift model', () => {
  let survey: SmallSurvey;
  let session: InferenceSession;
  const options: BatchInferenceOptions = {
    inputs: { image: 'images', magnitude: 'magnitudes' },
    cast: refuseCast,
  };
  beforeAll(async () => {
    survey = await readSmallSurvey({ shared: true });
    session = await createInferenceSession({ model: redshiftModelPath, modelName: 'redshift', workers: 2 });
  });
  afterAll(() => session.close());

  it.each([1, 30, 64, 200, 512])('equals PyTorch, in order, at %i samples a batch', async (size) => {
    const { image: images, magnitude: magnitudes, predictions } = survey;
    const found: number[] = [];
    for await (const batch of inferBatches(session, batchesOf({ images, magnitudes }, size), options)) {
      expect(batch).toMatchObject({ start: found.length, count: Math.min(size, 200 - found.length), nonFinite: [] });
      found.push(...Array.from(batch.outputs.redshift.data, Number));
    }
    expect(found).toHaveLength(200);
    found.forEach((redshift, i) => {
      expect(Math.abs(redshift - predictions[i])).toBeLessThan(1e-4);
    });
  });

  it('names the samples whose outputs are not finite', async () => {
    const { image: images, magnitude: magnitudes } = await readSmallSurvey({ shared: true });
    images.data[70 * 5120] = Number.NaN;
    magnitudes.data[199 * 5] = Number.POSITIVE_INFINITY;
    const named: number[] = [];
    for await (const { nonFinite } of inferBatches(session, batchesOf({ images, magnitudes }, 60), options))
      named.push(...nonFinite);
    expect(named).toEqual([70, 199]);
  });

  it('casts what has another dtype than the model wants', async () => {
    const { image: images, magnitude, predictions } = survey;
    const magnitudes: Tensor = { dtype: 'float64', shape: [200, 5], data: Float64Array.from(magnitude.data, Number) };
    const cast = ({ shape, data }: Tensor, dtype: Dtype): Tensor => {
      expect(dtype).toBe('float32');
      return { dtype, shape, data: Float32Array.from(data, Number) };
    };
    for await (const batch of inferBatches(session, batchesOf({ images, magnitudes }, 200), { ...options, cast }))
      expect(Math.abs(Number(batch.outputs.redshift.data[5]) - predictions[5])).toBeLessThan(1e-4);
  });

  it('lists the arrays that a batch lacks or that have other rows', async () => {
    const images = survey.image;
    const lacking = inferBatches(session, batchesOf({ images }, 10), {
      ...options,
      inputs: { image: 'pictures', magnitude: 'magnitudes' },
    });
    await expect(lacking.next()).rejects.toThrow(
      'redshift: the arrays do not fit the model\'s inputs: (1) input "image" is to be fed "pictures", but the batch has ' +
        'images. (2) input "magnitude" is to be fed "magnitudes", but the batch has images.',
    );
    const uneven = (async function* () {
      yield { start: 0, count: 199, tensors: { images, magnitudes: survey.magnitude } };
    })();
    await expect(inferBatches(session, uneven, options).next()).rejects.toThrow(
      '"images" has 200 rows in the batch of 199 samples at 0',
    );
  });

  it('stops at the reason of its signal', async () => {
    const abort = new AbortController();
    const { image: images, magnitude: magnitudes } = survey;
    const inferring = inferBatches(session, batchesOf({ images, magnitudes }, 10), {
      ...options,
      signal: abort.signal,
    });
    await inferring.next();
    abort.abort(new Error('deadline'));
    await expect(inferring.next().then(() => inferring.next())).rejects.toThrow('deadline');
  });
});

describe('the flow of batches', () => {
  let session: InferenceSession;
  const options: BatchInferenceOptions = { inputs: { x: 'x' }, cast: refuseCast };
  const rows = (total: number): Tensor => ({
    dtype: 'float32',
    shape: [total, 3],
    data: Float32Array.from({ length: total * 3 }, (_, i) => i),
  });
  beforeAll(async () => {
    session = await createInferenceSession({ model: fixturePath('affine.onnx'), modelName: 'affine', workers: 2 });
  });
  afterAll(() => session.close());

  it('keeps every sample in its place at any number of samples, batch size and depth', async () => {
    const anyFlow = fc.record({
      total: fc.integer({ min: 0, max: 120 }),
      size: fc.integer({ min: 1, max: 50 }),
      maxInFlight: fc.integer({ min: 1, max: 6 }),
    });
    const check = fc.asyncProperty(anyFlow, async ({ total, size, maxInFlight }) => {
      const x = rows(total);
      const found: number[] = [];
      for await (const batch of inferBatches(session, batchesOf({ x }, size), { ...options, maxInFlight }))
        found.push(...Array.from(batch.outputs.y.data, Number));
      expect(found).toEqual(found.map((_, i) => 2 * i + 1));
      expect(found).toHaveLength(total * 3);
    });
    await fc.assert(check, { numRuns: 40 });
  });

  it('holds no more batches than it may', async () => {
    let taken = 0;
    let given = 0;
    let most = 0;
    const counted = (async function* () {
      for await (const batch of batchesOf({ x: rows(60) }, 2)) {
        most = Math.max(most, ++taken - given);
        yield batch;
      }
    })();
    for await (const _ of inferBatches(session, counted, options)) given++;
    expect(given).toBe(30);
    expect(most).toBe(session.workers + 1);
  });

  it('releases each batch once, as soon as its outputs are there', async () => {
    const released: number[] = [];
    const releasable = (async function* () {
      for await (const batch of batchesOf({ x: rows(60) }, 4))
        yield { ...batch, release: () => void released.push(batch.start) };
    })();
    for await (const { start } of inferBatches(session, releasable, options)) expect(released).toContain(start);
    expect(released.sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, index) => index * 4));
  });

  it('releases the batches that it holds when the loop is left, and when one fails', async () => {
    for (const width of [3, 4]) {
      let given = 0;
      const released = new Set<number>();
      const x: Tensor = { dtype: 'float32', shape: [1, width], data: new Float32Array(width) };
      const releasable = (async function* () {
        for (; given < 9; given++) {
          const start = given;
          // Rows of four numbers do not fit the model, from the third batch on.
          const fed = start < 2 ? rows(1) : x;
          yield { start, count: 1, tensors: { x: fed }, release: () => void released.add(start) };
        }
      })();
      const leave = async () => {
        for await (const { start } of inferBatches(session, releasable, options)) if (start === 5) break;
      };
      const left = await leave().then(
        () => 'left',
        (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
      );
      expect(left).toBe(width === 3 ? 'left' : 'InputMismatchError');
      expect(released.size).toBeGreaterThanOrEqual(given);
    }
  });

  it('returns its source when the loop is left', async () => {
    let returned = false;
    const endless = (async function* () {
      try {
        for (;;) yield { start: 0, count: 2, tensors: { x: rows(2) } };
      } finally {
        returned = true;
      }
    })();
    for await (const _ of inferBatches(session, endless, options)) break;
    expect(returned).toBe(true);
  });

  it('gives what came before a fault of the source, then the fault', async () => {
    const broken = (async function* () {
      yield { start: 0, count: 2, tensors: { x: rows(2) } };
      throw new Error('the partition ended early');
    })();
    const inferring = inferBatches(session, broken, options);
    const outcomes = await Promise.allSettled([inferring.next(), inferring.next()]);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { message: 'the partition ended early' } },
    ]);
  });
});
