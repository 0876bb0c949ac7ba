import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RankRecord, rankMetricsSchema } from '../../run/metrics.js';
import { readSmallSurvey, redshiftModelPath } from '../models/smallSurvey.js';
import { executorProcesses } from './executorProcesses.js';
import { SystemUnderTest } from './muster.js';

/** Samples of a partition; they are repeats of the 200 galaxies. */
const [small, medium, large, huge] = [200, 1000, 2000, 5000];
const bytesPerSample = (5 * 32 * 32 + 5) * 4;
const mbOf = (samples: number) => (samples * bytesPerSample) / 1024 ** 2;

let system: SystemUnderTest;
/** The program and the model, in MiB. */
let idleMb: number;

beforeAll(async () => {
  system = await SystemUnderTest.start();
  await system.put('models/redshift/redshift.onnx', await readFile(redshiftModelPath));
  await putSurvey('small', 1, small);
  await putSurvey('medium', 2, medium);
  await putSurvey('huge', 1, huge);
  // A run that holds the program, the model and one small partition.
  idleMb = (await peakOfColdStart('small', 512)) - mbOf(small);
}, 120_000);
afterAll(async () => {
  await system.close();
});

async function putSurvey(prefix: string, partitions: number, samples: number): Promise<void> {
  const { image, magnitude } = await readSmallSurvey({ shared: false });
  const tensors = Object.entries({ image, magnitude }).map(([name, { dtype, shape, data: once }]) => {
    const data = new Float32Array((once.length / 200) * samples);
    for (let at = 0; at < data.length; at += once.length) data.set(once as Float32Array, at);
    return [name, { dtype, shape: [samples, ...shape.slice(1)], data }] as const;
  });
  for (let index = 1; index <= partitions; index++) {
    await system.putPartition(`${prefix}/${index}.safetensors`, 'safetensors', Object.fromEntries(tensors));
  }
}

/** The most, in MiB, that a process of its own held for a run. */
async function peakOfColdStart(dataPrefix: string, batchSize: number): Promise<number> {
  await endExecutors();
  const { coldStart, peakRssMb } = await runExecutor(dataPrefix, batchSize);
  expect(coldStart).toBe(true);
  return peakRssMb;
}

async function runExecutor(dataPrefix: string, batchSize: number): Promise<RankRecord> {
  const result = await system.run({
    S3_object_name: 'models/redshift',
    data_prefix: dataPrefix,
    result_path: `results/${dataPrefix}`,
    world_size: 1,
    batch_size: batchSize,
    collectives: 'none',
  });
  expect(result.status).toBe('SUCCEEDED');
  const [metrics] = (await system.readJson(result.files?.combinedData ?? '')) as unknown[];
  return rankMetricsSchema.parse(metrics).muster;
}

/** Ends the executors, so that the next run starts with a process that has held nothing yet. */
async function endExecutors(): Promise<void> {
  for (const { pid } of await executorProcesses(system.pid)) {
    process.kill(pid, 'SIGKILL');
    // A process is there until the cloud has taken note of its end.
    while (isThere(pid)) await new Promise((resolve) => setImmediate(resolve));
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const mostMb = (batchSize: number, partitionSamples: number) =>
  idleMb + 2.5 * mbOf(batchSize) + 2 * mbOf(partitionSamples);

it.each([32, 200, 512])(
  'an executor at batch size %i holds at most two and a half batches and two partitions beside its program and model',
  async (batchSize) => {
    expect(await peakOfColdStart('medium', batchSize)).toBeLessThan(mostMb(batchSize, medium));
    // The same process holds no more when it is used again.
    const { coldStart, peakRssMb } = await runExecutor('medium', batchSize);
    expect(coldStart).toBe(false);
    expect(peakRssMb).toBeLessThan(mostMb(batchSize, medium));
  },
  60_000,
);

it('an executor holds no more of a huge partition than of two large ones', async () => {
  expect(await peakOfColdStart('huge', 32)).toBeLessThan(mostMb(32, large));
}, 120_000);
