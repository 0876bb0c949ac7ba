import { readFile } from 'node:fs/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { castTensor, openPartition, readArray, tensorContent, writeSafetensors } from '../../data/index.js';
import { pairedFiles } from '../../job/predictionPairs.js';
import { PartitionsFailedError } from '../../rank/errors.js';
import { ModelCache } from '../../rank/modelCache.js';
import type { Plan } from '../../run/plan.js';
import type { Dtype, Tensor } from '../../run/tensor.js';
import { MemoryByteSource } from '../../storage/byteSource.js';
import type { ObjectInfo } from '../../storage/objectStore.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { fixturePath, readSmallSurvey, type SmallSurvey } from '../models/smallSurvey.js';
import { attemptRank, captureLog, planRun } from './oneRank.js';

let s3: EmbeddedS3;
let survey: SmallSurvey;
const models = new ModelCache(1);
const attempt = (plan: Plan) => attemptRank(s3, plan, {}, { models });

beforeAll(async () => {
  s3 = await startEmbeddedS3();
  survey = await readSmallSurvey({ shared: false });
});
afterAll(async () => {
  await models.drop();
  await s3.close();
});

async function put(key: string, tensors: Record<string, Tensor>, bucket = s3.bucket): Promise<string> {
  const arrays = Object.entries(tensors).map(([name, tensor]) => tensorContent(name, tensor));
  const pieces: Uint8Array[] = [];
  for await (const piece of writeSafetensors(arrays).content) pieces.push(piece.slice());
  await s3.store().put(bucket, key, Buffer.concat(pieces));
  return key;
}

async function putModel(file: string): Promise<ObjectInfo> {
  await s3.store().put(s3.bucket, `models/${file}`, await readFile(fixturePath(file)));
  const model = await s3.store().head(s3.bucket, `models/${file}`);
  if (!model) throw new Error(`${file} is not there`);
  return model;
}

async function predictions(plan: Plan, name: string): Promise<Tensor> {
  return readNpy(plan, `predictions/${name}.npy`);
}

async function readNpy({ bucket, resultPrefix }: Plan, name: string): Promise<Tensor> {
  const bytes = await s3.store().getBytes(bucket, `${resultPrefix}/${name}`);
  return readArray(await openPartition(new MemoryByteSource(name, bytes)), 0);
}

const float32 = (values: number[], shape: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

const someGalaxies = (count: number): Record<'image' | 'magnitude' | 'redshift', Tensor> => {
  const first = ({ shape, dtype, data }: Tensor): Tensor => {
    const width = data.length / shape[0];
    return { dtype, shape: [count, ...shape.slice(1)], data: data.slice(0, count * width) };
  };
  return { image: first(survey.image), magnitude: first(survey.magnitude), redshift: first(survey.redshift) };
};

/** What a model of several outputs takes, of three samples. */
const manyTypes = (): Record<string, Tensor> => {
  const counted = float32([1, 2, 3, 4, 5, 6], [3, 2]);
  return {
    half: castTensor(counted, 'float16'),
    double: castTensor(counted, 'float64'),
    long: { dtype: 'int64', shape: [3, 2], data: BigInt64Array.of(5n, 6n, 7n, 8n, 9n, 10n) },
    flag: { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
  };
};

describe('a model', () => {
  it('of several outputs of other types leaves them all', async () => {
    const key = await put('types/1.safetensors', { ...manyTypes(), label: float32([1, 2, 3], [3]) });
    const model = await putModel('manyTypes.onnx');
    const plan = await planRun(s3, [key], { model });
    const logger = captureLog();
    const { muster } = await attemptRank(s3, plan, {}, { models, logger });
    // Two numbers a sample have no error against one true value; that is said, not passed over.
    expect(logger.lines).toContainEqual(expect.stringMatching(/^warn The true values are not compared: .*\[3, 2\]/));
    expect(muster.partitions[0]).toMatchObject({ samples: 3, quality: { count: 0 } });
    expect(castTensor(await predictions(plan, '1'), 'float64')).toMatchObject({
      shape: [3, 2],
      data: Float64Array.of(2, 4, 6, 8, 10, 12),
    });
    expect((await readNpy(plan, 'further_outputs/less/1.npy')).data).toEqual(BigInt64Array.of(4n, 5n, 6n, 7n, 8n, 9n));
    expect((await readNpy(plan, 'further_outputs/inverse/1.npy')).data).toEqual(Uint8Array.of(0, 1, 0));
    expect(muster.partitions[0].furtherOutputKeys).toEqual(
      ['halved', 'less', 'inverse'].map((name) => `${plan.resultPrefix}/further_outputs/${name}/1.npy`),
    );
    expect(logger.lines).toContainEqual(
      `info From s3://${s3.bucket}/${key} on, the model is fed: half <- "half" (float16 [3, 2]), double <- "double" ` +
        '(float64 [3, 2]), long <- "long" (int64 [3, 2]), flag <- "flag" (bool [3]); true values: "label" (float32 [3]).',
    );

    const lines = await planRun(s3, [key], { model }, { predictions: 'jsonl' });
    await attempt(lines);
    const text = await s3.store().getBytes(s3.bucket, `${lines.resultPrefix}/predictions/1.jsonl`);
    const [first] = new TextDecoder().decode(text).split('\n');
    expect(JSON.parse(first)).toEqual({
      sample: 0,
      twice: [2, 4],
      halved: [0.5, 1],
      less: [4, 5],
      inverse: 0,
      label: 1,
    });
  });

  it('is judged by the output that has the name of the true values, and by the first where none has', async () => {
    const model = await putModel('manyTypes.onnx');
    const key = await put('judged/1.safetensors', { ...manyTypes(), inverse: float32([0, 1, 1], [3]) });
    const plan = await planRun(s3, [key], { model }, { labels: 'inverse' });
    const metrics = await attempt(plan);
    const [record] = metrics.muster.partitions;
    expect(record.quality).toMatchObject({ count: 3, absoluteError: 1 });
    // The aggregate reads the same two files again.
    expect(pairedFiles([metrics])).toEqual([
      {
        predictionsKey: `${plan.resultPrefix}/further_outputs/inverse/1.npy`,
        labelsKey: record.labelsKey,
        samples: 3,
      },
    ]);
  });

  it('of several outputs mixes them up with no partition, whatever its name', async () => {
    const model = await putModel('manyTypes.onnx');
    const names = ['1', '1.less', 'less/1'];
    const keys = await Promise.all(names.map((name) => put(`mixed/${name}.safetensors`, manyTypes())));
    const plan = await planRun(s3, keys, { model });
    const objects = await Promise.all(keys.map((key) => s3.store().head(s3.bucket, key)));
    const partitions = objects.map((object, index) => ({ ...object, name: names[index] }));
    const rows = [{ rank: 0, partitions }];
    await s3.store().putJson(s3.bucket, `${plan.resultPrefix}/plan/0.json`, { runId: plan.runId, rows });
    const { muster } = await attempt(plan);
    const written = muster.partitions.flatMap(({ predictionsKey, furtherOutputKeys = [] }) => [
      predictionsKey,
      ...furtherOutputKeys,
    ]);
    expect(new Set(written).size).toBe(3 * 4);
    for (const name of names) expect((await predictions(plan, name)).dtype).toBe('float16');
  });

  it('whose output has the name of a key of our JSON Lines is refused before it runs', async () => {
    const bytes = await readFile(fixturePath('manyTypes.onnx'));
    const renamed = Buffer.from(bytes.toString('latin1').replaceAll('halved', 'sample'), 'latin1');
    await s3.store().put(s3.bucket, 'models/sample.onnx', renamed);
    const model = await s3.store().head(s3.bucket, 'models/sample.onnx');
    const key = await put('taken/1.safetensors', manyTypes());
    const plan = await planRun(s3, [key], { model }, { predictions: 'jsonl' });
    await expect(attempt(plan)).rejects.toThrow(/An output called "sample" cannot be written as JSON Lines/);
    const { muster } = await attempt(await planRun(s3, [key], { model }));
    expect(muster.samples).toBe(3);
  });

  it('that was exported for a fixed number of samples takes any number', async () => {
    const values = Array.from({ length: 30 }, (_, index) => index);
    const key = await put('fixed/1.safetensors', { x: float32(values, [10, 3]) });
    const plan = await planRun(s3, [key], { model: await putModel('affineOfFour.onnx') }, { batch_size: 7 });
    const { muster } = await attempt(plan);
    expect(muster).toMatchObject({ samples: 10, batches: 2 });
    expect([...(await predictions(plan, '1')).data]).toEqual(values.map((value) => 2 * value + 1));
  });
});

describe('true values', () => {
  it.each<Dtype>(['float16', 'bfloat16', 'float64', 'int64', 'uint8', 'bool'])('may be %s', async (dtype) => {
    const galaxies = someGalaxies(4);
    const ones = dtype === 'bool' ? { dtype, shape: [4], data: Uint8Array.of(1, 1, 1, 1) } : undefined;
    const integers: Tensor = { dtype: 'int32', shape: [4], data: Int32Array.of(1, 1, 1, 1) };
    const key = await put(`labels/${dtype}.safetensors`, {
      ...galaxies,
      redshift: ones ?? castTensor(integers, dtype),
    });
    const plan = await planRun(s3, [key]);
    const { muster } = await attempt(plan);
    expect(muster.partitions[0].quality).toMatchObject({ count: 4, truth: 4 });
    expect(muster.partitions[0].labelsKey).not.toBeNull();
  });
});

describe('a partition', () => {
  it.each(['npy', 'jsonl', 'none'] as const)('without samples delivers no predictions as %s', async (format) => {
    const plan = await planRun(s3, [await put('none/0.safetensors', someGalaxies(0))], {}, { predictions: format });
    const { muster } = await attempt(plan);
    expect(muster).toMatchObject({ samples: 0, batches: 0, partitions: [{ samples: 0, quality: { count: 0 } }] });
    if (format === 'npy') expect((await predictions(plan, '0')).shape).toEqual([0]);
  });

  it('without bytes is refused by name', async () => {
    await s3.store().put(s3.bucket, 'none/nothing.pt', '');
    const failed = attempt(await planRun(s3, ['none/nothing.pt']));
    await expect(failed).rejects.toThrow(PartitionsFailedError);
    await expect(failed).rejects.toThrow(/none\/nothing\.pt/);
  });

  it('may lie in another bucket, under any key, and be read by a world of one with a barrier', async () => {
    const dataBucket = 'other-bucket';
    await s3.client.send(new CreateBucketCommand({ Bucket: dataBucket }));
    const key = await put('sky survey/größe + 100%/α&1.safetensors', someGalaxies(5), dataBucket);
    const object = await s3.store().head(dataBucket, key);
    await s3.store().put(s3.bucket, key, 'the same key of the wrong bucket');
    const plan = await planRun(
      s3,
      [key],
      { dataBucket, resultPrefix: 'results/ü + 1', collectives: { channel: 'relay', reason: 'test' } },
      { barrier: true },
    );
    const rows = [{ rank: 0, partitions: [{ ...object, name: 'größe + 100%/α&1' }] }];
    await s3.store().putJson(s3.bucket, `${plan.resultPrefix}/plan/0.json`, { runId: plan.runId, rows });
    const { muster } = await attempt(plan);
    expect(muster).toMatchObject({ samples: 5, collective: { status: 'done', world: { quality: { count: 5 } } } });
    expect((await predictions(plan, 'größe + 100%/α&1')).shape).toEqual([5]);
  });
});

describe('a rank without partitions', () => {
  it('delivers nothing, and does not load the model for it', async () => {
    const plan = await planRun(s3, [], { worldSize: 1 });
    const { muster } = await attemptRank(s3, plan);
    expect(muster).toMatchObject({ samples: 0, partitions: [] });
    expect(muster.s3.bytesRead).toBeLessThan(10_000);
  });
});
