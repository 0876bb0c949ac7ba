import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInferenceSession, type InferenceSession, ThreadedSession } from '../../models/inferenceSession.js';
import { rowsOf } from '../../models/tensorArrays.js';
import type { Tensor } from '../../run/tensor.js';
import { fixturePath, readSmallSurvey, redshiftModelPath, type SmallSurvey } from './smallSurvey.js';

const floats = (shape: number[], values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

function largestDifference(found: Tensor, expected: Float32Array): number {
  expect(found.data.length).toBe(expected.length);
  return expected.reduce((largest, value, i) => Math.max(largest, Math.abs(Number(found.data[i]) - value)), 0);
}

describe('the redshift model in a session', () => {
  let survey: SmallSurvey;
  let bytes: Uint8Array;
  const sessions = new Map<string, Promise<InferenceSession>>();
  const open = (workers: number, microBatch?: number): Promise<InferenceSession> => {
    const key = `${workers} ${microBatch}`;
    const session =
      sessions.get(key) ?? createInferenceSession({ model: bytes, modelName: 'redshift', workers, microBatch });
    sessions.set(key, session);
    return session;
  };
  beforeAll(async () => {
    survey = await readSmallSurvey({ shared: true });
    bytes = await readFile(redshiftModelPath);
  });
  afterAll(async () => {
    for (const session of sessions.values()) await (await session).close();
  });

  it('tells what the model takes and gives', async () => {
    const session = await open(1);
    expect(session.inputs).toEqual([
      { name: 'image', dtype: 'float32', shape: ['N', 5, 32, 32] },
      { name: 'magnitude', dtype: 'float32', shape: ['N', 5] },
    ]);
    expect(session.outputs).toEqual([{ name: 'redshift', dtype: 'float32', shape: ['N', 1] }]);
  });

  it.each([
    { workers: 1, microBatch: undefined },
    { workers: 1, microBatch: 200 },
    { workers: 2, microBatch: 7 },
    { workers: 3, microBatch: 64 },
  ])('equals PyTorch with $workers workers and micro-batches of $microBatch', async ({ workers, microBatch }) => {
    const session = await open(workers, microBatch);
    const { image, magnitude, predictions } = survey;
    const whole = await session.run({ image, magnitude });
    expect(whole.redshift.shape).toEqual([200, 1]);
    expect(largestDifference(whole.redshift, predictions)).toBeLessThan(1e-4);
    const parts = await Promise.all(
      [0, 50, 51, 100, 199].map(async (start) => {
        const count = Math.min(50, 200 - start);
        const outputs = await session.run({
          image: rowsOf(image, start, count),
          magnitude: rowsOf(magnitude, start, count),
        });
        return largestDifference(outputs.redshift, predictions.subarray(start, start + count));
      }),
    );
    expect(Math.max(...parts)).toBeLessThan(1e-4);
  });

  it('gives the same for arrays outside of shared memory', async () => {
    const session = await open(2);
    const { image, magnitude, predictions } = await readSmallSurvey({ shared: false });
    const { redshift } = await session.run({ image, magnitude });
    expect(largestDifference(redshift, predictions)).toBeLessThan(1e-4);
  });

  it('loads from a path', async () => {
    const session = await createInferenceSession({ model: redshiftModelPath, modelName: 'redshift', workers: 1 });
    const { image, magnitude, predictions } = survey;
    const { redshift } = await session.run({ image, magnitude });
    await session.close();
    expect(largestDifference(redshift, predictions)).toBeLessThan(1e-4);
  });

  it('confines a NaN pixel to its own sample', async () => {
    const session = await open(2);
    const { image, magnitude, predictions } = await readSmallSurvey({ shared: true });
    image.data[17 * 5 * 32 * 32 + 100] = Number.NaN;
    const { redshift } = await session.run({ image, magnitude });
    expect(redshift.data[17]).toBeNaN();
    for (let i = 0; i < 200; i++)
      if (i !== 17) expect(Math.abs(Number(redshift.data[i]) - predictions[i])).toBeLessThan(1e-4);
  });

  it('answers no samples with no rows', async () => {
    const session = await open(1);
    const outputs = await session.run({ image: floats([0, 5, 32, 32], []), magnitude: floats([0, 5], []) });
    expect(outputs.redshift).toMatchObject({ dtype: 'float32', shape: [0, 1] });
    expect(outputs.redshift.data).toHaveLength(0);
  });

  it('leaves the event loop free while it infers', async () => {
    const session = await open(1, 200);
    const { image, magnitude } = survey;
    let finished = false;
    const running = session.run({ image, magnitude }).then(() => {
      finished = true;
    });
    let turns = 0;
    for (; !finished; turns++) await new Promise(setImmediate);
    await running;
    expect(turns).toBeGreaterThan(100); // a blocked loop makes two or three
  });

  it('names every fault of the feeds at once', async () => {
    const session = await open(1);
    const image = floats([2, 4, 32, 32], new Array(2 * 4 * 32 * 32).fill(0));
    const magnitude: Tensor = { dtype: 'float64', shape: [3, 5], data: new Float64Array(15) };
    const extra = floats([2], [1, 2]);
    await expect(session.run({ image, magnitude, extra })).rejects.toMatchObject({
      code: 'MODEL_INPUT_MISMATCH',
      faults: [
        'input "image" expects float32 [N, 5, 32, 32], found float32 [2, 4, 32, 32]',
        'input "magnitude" expects float32 [N, 5], found float64 [3, 5]',
        '"extra" is no input of the model, which has image, magnitude',
        'the inputs differ in their number of samples: image 2, magnitude 3, extra 2',
      ],
    });
    await expect(session.run({ magnitude })).rejects.toThrow('input "image" float32 [N, 5, 32, 32] is missing');
    const short = { ...survey.magnitude, data: survey.magnitude.data.subarray(1) };
    await expect(session.run({ image: survey.image, magnitude: short })).rejects.toThrow('carries 999 elements');
    const ranked = floats([200, 5, 1], new Array(1000).fill(0));
    await expect(session.run({ image: survey.image, magnitude: ranked })).rejects.toThrow('found float32 [200, 5, 1]');
  });

  it('drops what an aborted run still has to do, and serves the next', async () => {
    const session = await open(1);
    const { image, magnitude, predictions } = survey;
    const abort = new AbortController();
    const reason = new Error('enough');
    const aborted = session.run({ image, magnitude }, { signal: abort.signal });
    const next = session.run({ image, magnitude });
    abort.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(largestDifference((await next).redshift, predictions)).toBeLessThan(1e-4);
    await expect(session.run({ image, magnitude }, { signal: abort.signal })).rejects.toBe(reason);
  });

  it('finishes what is under way when it is closed, and then refuses', async () => {
    const session = await createInferenceSession({ model: bytes, modelName: 'redshift', workers: 1 });
    const { image, magnitude, predictions } = survey;
    const running = session.run({ image, magnitude });
    const closing = session.close();
    await expect(session.run({ image, magnitude })).rejects.toMatchObject({ code: 'INFERENCE_SESSION_CLOSED' });
    expect(largestDifference((await running).redshift, predictions)).toBeLessThan(1e-4);
    await closing;
  });
});

describe('other models', () => {
  const run = async (file: string, feeds: Record<string, Tensor>, microBatch?: number) => {
    const session = await createInferenceSession({ model: fixturePath(file), modelName: file, workers: 1, microBatch });
    return session.run(feeds).finally(() => session.close());
  };

  it('carries every dtype there and back', async () => {
    const outputs = await run('manyTypes.onnx', {
      half: { dtype: 'float16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0xc000) },
      double: { dtype: 'float64', shape: [1, 2], data: Float64Array.of(3, -1) },
      long: { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(5n, -(2n ** 53n) - 1n) },
      flag: { dtype: 'bool', shape: [1], data: Uint8Array.of(1) },
    });
    expect(outputs).toEqual({
      twice: { dtype: 'float16', shape: [1, 2], data: Uint16Array.of(0x4000, 0xc400) },
      halved: { dtype: 'float64', shape: [1, 2], data: Float64Array.of(1.5, -0.5) },
      less: { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(4n, -(2n ** 53n) - 2n) },
      inverse: { dtype: 'bool', shape: [1], data: Uint8Array.of(0) },
    });
  });

  it.each([1, 4, 6])('feeds %i samples to a model that was exported for four', async (count) => {
    const values = Array.from({ length: count * 3 }, (_, i) => i);
    const { y } = await run('affineOfFour.onnx', { x: floats([count, 3], values) });
    expect(y.shape).toEqual([count, 3]);
    expect([...y.data]).toEqual(values.map((value) => 2 * value + 1));
  });

  it('refuses outputs that are not one row a sample', async () => {
    const x = floats([20, 3], new Array(60).fill(1));
    await expect(run('columnSums.onnx', { x })).rejects.toThrow(
      'columnSums.onnx: output "sums" must have one row a sample: 16 samples gave float32 [3].',
    );
    await expect(run('pairwise.onnx', { x })).rejects.toMatchObject({ code: 'MODEL_OUTPUT_MISMATCH' });
    await expect(run('total.onnx', { x })).rejects.toThrow('total.onnx: output "total" is a scalar');
  });
});

describe('a model that cannot be loaded', () => {
  const load = (model: string | Uint8Array) =>
    createInferenceSession({ model, modelName: 's3://b/m.onnx', workers: 2 });

  it.each([
    ['empty', new Uint8Array(0)],
    ['not ONNX', Buffer.from('this is text')],
    ['missing', '/no/such/model.onnx'],
  ])('is refused when it is %s', async (_, model) => {
    await expect(load(model)).rejects.toMatchObject({
      code: 'MODEL_LOAD',
      message: expect.stringContaining('s3://b/m.onnx: cannot be loaded as an ONNX model'),
    });
  });

  it('is refused when it is truncated', async () => {
    const bytes = await readFile(redshiftModelPath);
    await expect(load(bytes.subarray(0, bytes.length >> 1))).rejects.toMatchObject({ code: 'MODEL_LOAD' });
  });

  it('is refused when its opset is newer than the runtime', async () => {
    const bytes = Uint8Array.from(await readFile(fixturePath('affine.onnx')));
    const opset = bytes.lastIndexOf(17); // opset_import { version: 17 } closes the file
    bytes[opset] = 99;
    await expect(load(bytes)).rejects.toThrow(/opset/i);
  });

  it('is not waited for after an abort', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const opening = createInferenceSession({ model: redshiftModelPath, modelName: 'redshift', workers: 1, signal });
    await expect(opening).rejects.toThrow('too late');
  });

  it.each([0, 1.5, Number.NaN])('is not started with %d workers', async (workers) => {
    await expect(createInferenceSession({ model: 'm.onnx', modelName: 'm', workers })).rejects.toThrow(RangeError);
  });
});

describe('a worker that dies', () => {
  const dying = (last: string) => () =>
    new Worker(
      `const { parentPort } = require('node:worker_threads');
       const value = { name: 'x', dtype: 'float32', shape: ['N'] };
       parentPort.once('message', () => { ${last} });
       parentPort.postMessage({ kind: 'ready', signature: { inputs: [value], outputs: [value] } });`,
      { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } },
    );

  it.each([
    ['exit code 7', 'process.exit(7)'],
    ['boom', 'throw new Error("boom")'],
    ['memory', 'const hold = []; for (;;) hold.push(new Array(1000).fill(hold.length))'],
  ])('rejects all that is pending and all that comes after: %s', async (reason, last) => {
    const session = await ThreadedSession.create({ model: 'm', modelName: 'm.onnx', workers: 2 }, dying(last));
    const x = floats([100], new Array(100).fill(0));
    const [first, second] = await Promise.allSettled([session.run({ x }), session.run({ x })]);
    const lost = { code: 'INFERENCE_WORKER_LOST', message: expect.stringContaining(reason) };
    expect(first).toMatchObject({ status: 'rejected', reason: lost });
    expect(second).toMatchObject({ status: 'rejected', reason: lost });
    await expect(session.run({ x })).rejects.toMatchObject(lost);
    await session.close();
  });

  it('is an error of the start when it dies at once', async () => {
    const spawn = () => new Worker('process.exit(3)', { eval: true });
    const opening = ThreadedSession.create({ model: 'm', modelName: 'm.onnx', workers: 2 }, spawn);
    await expect(opening).rejects.toMatchObject({ code: 'INFERENCE_WORKER_LOST' });
  });
});
