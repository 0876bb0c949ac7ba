import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../../models/tensorArrays.js';
import { planSchema, planShardSchema } from '../../run/plan.js';
import { readSmallSurvey, redshiftModelPath, type SmallSurvey } from '../models/smallSurvey.js';
import { SystemUnderTest } from './muster.js';

let system: SystemUnderTest;
let survey: SmallSurvey;

beforeAll(async () => {
  system = await SystemUnderTest.start('--concurrency', '50');
  survey = await readSmallSurvey({ shared: false });
  await system.put('models/redshift/redshift.onnx', await readFile(redshiftModelPath));
});
afterAll(async () => {
  await system.close();
});

const inBatches = async (count: number, work: (index: number) => Promise<void>) => {
  for (let start = 0; start < count; start += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - start) }, (_, offset) => work(start + offset)));
  }
};

describe('scale', () => {
  it('completes 200 tiny partitions on 40 ranks that talk to each other', async () => {
    await inBatches(200, async (index) => {
      const { image, magnitude, redshift } = survey;
      const tensors = Object.entries({ image, magnitude, redshift }).map(([name, tensor]) => {
        const rows = rowsOf(tensor, index, 1);
        return [name, { ...rows, data: rows.data.slice() }] as const;
      });
      await system.putPartition(`tiny/${index + 1}.safetensors`, 'safetensors', Object.fromEntries(tensors));
    });
    const result = await system.run({
      S3_object_name: 'models/redshift',
      data_prefix: 'tiny',
      result_path: 'results/tiny',
      world_size: 40,
      collectives: 'relay',
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED', ranks: { expected: 40, succeeded: 40 } });
    const predictions = await system.readPredictions(result);
    expect(predictions.size).toBe(200);
    for (const [name, [value]] of predictions) {
      expect(Math.abs(value - survey.predictions[Number(name) - 1])).toBeLessThan(1e-4);
    }
    const summary = await system.readJson(result.files?.summary ?? '');
    expect(summary).toMatchObject({ samples: 200, collectives: { channel: 'relay', status: 'done', agrees: true } });
  }, 120_000);

  it('deals all of 2,500 partitions, past the pages of the listing, in natural order', async () => {
    await inBatches(2500, (index) => system.put(`many/${index + 1}.npy`, '-'));
    await system.put('scripts/count/count.mjs', 'export default async () => {};');
    const result = await system.run({
      S3_object_name: 'scripts/count',
      script: 'count.mjs',
      data_prefix: 'many',
      result_path: 'results/many',
      world_size: 2,
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(planSchema.parse(await system.readJson(`${result.resultPrefix}/plan.json`)).partitionCount).toBe(2500);
    const { rows } = planShardSchema.parse(await system.readJson(`${result.resultPrefix}/plan/0.json`));
    expect(rows.flatMap(({ partitions }) => partitions.map(({ name }) => Number(name)))).toEqual(
      Array.from({ length: 2500 }, (_, index) => index + 1),
    );
  }, 60_000);
});
