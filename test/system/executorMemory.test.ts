import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rankMetricsSchema } from '../../run/metrics.js';
import { readSmallSurvey, redshiftModelPath } from '../models/smallSurvey.js';
import { SystemUnderTest } from './muster.js';

/** Samples of one large partition, as repeats of the 200 galaxies. */
const repeats = 10;
const partitions = 6;
/** The payload's default. */
const batchSize = 512;
const bytesPerSample = (5 * 32 * 32 + 5) * 4;
const mb = 1024 * 1024;

let system: SystemUnderTest;

beforeAll(async () => {
  system = await SystemUnderTest.start();
  await system.put('models/redshift/redshift.onnx', await readFile(redshiftModelPath));
  const { image, magnitude } = await readSmallSurvey({ shared: false });
  const repeated = (times: number) =>
    Object.fromEntries(
      Object.entries({ image, magnitude }).map(([name, tensor]) => {
        const data = new Float32Array(tensor.data.length * times);
        for (let repeat = 0; repeat < times; repeat++)
          data.set(tensor.data as Float32Array, repeat * tensor.data.length);
        return [name, { ...tensor, shape: [200 * times, ...tensor.shape.slice(1)], data }];
      }),
    );
  await system.putPartition('small/1.safetensors', 'safetensors', repeated(1));
  for (let index = 1; index <= partitions; index++) {
    await system.putPartition(`large/${index}.safetensors`, 'safetensors', repeated(repeats));
  }
});
afterAll(async () => {
  await system.close();
});

async function peakRssMb(dataPrefix: string): Promise<number> {
  const result = await system.run({
    S3_object_name: 'models/redshift',
    data_prefix: dataPrefix,
    result_path: `results/${dataPrefix}`,
    world_size: 1,
    collectives: 'none',
  });
  expect(result.status).toBe('SUCCEEDED');
  const [metrics] = (await system.readJson(result.files?.combinedData ?? '')) as unknown[];
  return rankMetricsSchema.parse(metrics).muster.peakRssMb;
}

it('an executor at the default batch size holds at most two and a half batches and two partitions beside its program and model', async () => {
  const batchMb = (batchSize * bytesPerSample) / mb;
  const partitionMb = (200 * repeats * bytesPerSample) / mb;
  const smallPartitionMb = (200 * bytesPerSample) / mb;
  // The small run holds the program, the model and one small partition; it goes first, while no environment is warm.
  const smallMb = await peakRssMb('small');
  const largeMb = await peakRssMb('large');
  expect(largeMb).toBeLessThan(smallMb - smallPartitionMb + 2.5 * batchMb + 2 * partitionMb);
}, 120_000);
