import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPartition, readArray } from '../../data/index.js';
import { type RunningCloud, startCloud } from '../../local/cloud.js';
import { readServerlessConfig } from '../../local/serverlessConfig.js';
import { metricsKey, predictionsKey } from '../../run/keys.js';
import { rankMetricsSchema } from '../../run/metrics.js';
import { packageFunctions } from '../../scripts/packageFunctions.js';
import { MemoryByteSource } from '../../storage/byteSource.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { fixturePath, readSmallSurvey, redshiftModelPath } from '../models/smallSurvey.js';

/*
 * The zips of a deployment, unpacked by the embedded Lambda into empty folders outside of the working copy, and run there
 * behind its Runtime API.
 */
const bucket = 'package-test';
const settings = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAPACKAGETEST', secretAccessKey: 'package-test' },
};
let folder: string;
let cloud: RunningCloud;
let lambda: LambdaClient;
let s3: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-unpacked-'));
  cloud = await startCloud({
    ...settings,
    directory: join(folder, 'cloud'),
    host: '127.0.0.1',
    port: 0,
    functions: [],
    accountConcurrency: 10,
  });
  lambda = new LambdaClient({ ...settings, endpoint: cloud.endpoint });
  s3 = new S3Client({ ...settings, endpoint: cloud.endpoint });
  await deploy(['initialize', 'executor']);
});
afterAll(async () => {
  lambda?.destroy();
  s3?.destroy();
  await cloud?.close();
  await rm(folder, { recursive: true, force: true });
});

async function deploy(names: readonly string[]): Promise<void> {
  const zips = new Map(names.map((name) => [name, join(folder, `${name}.zip`)]));
  await packageFunctions(zips, process.arch === 'arm64' ? 'arm64' : 'x86_64');
  const stack = fileURLToPath(new URL('../../serverless.yml', import.meta.url));
  const definitions = await readServerlessConfig(stack, { options: { stage: 'test', region: settings.region } });
  for (const { key, name, handler, memoryMb, timeoutS, environment } of definitions) {
    const zip = zips.get(key);
    if (!zip) continue;
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Handler: handler,
        MemorySize: memoryMb,
        Timeout: timeoutS,
        Runtime: 'nodejs22.x',
        Role: `arn:aws:iam::${cloud.accountId}:role/${key}`,
        Environment: { Variables: environment },
        Code: { ZipFile: await readFile(zip) },
      }),
    );
  }
}

async function invoke(name: string, event: object): Promise<object> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: `muster-test-${name}`, Payload: JSON.stringify(event) }),
  );
  const answer: object = JSON.parse(Buffer.from(Payload ?? []).toString());
  expect({ FunctionError, answer }).toEqual({ FunctionError: undefined, answer: expect.any(Object) });
  return answer;
}

it('the unpacked executor predicts what PyTorch predicts, from a partition and a model in S3', async () => {
  const store = new ObjectStore(s3);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await store.put(bucket, 'models/redshift.onnx', await readFile(redshiftModelPath));
  await store.put(bucket, 'survey/1.safetensors', await readFile(fixturePath('small_200.safetensors')));
  const run = await invoke('initialize', {
    runId: 'packaged',
    startedAt: new Date().toISOString(),
    payload: {
      bucket,
      model: 'models/redshift.onnx',
      data_prefix: 'survey',
      result_path: 'results',
      inputs: { image: 'images', magnitude: 'magnitudes' },
    },
  });
  expect(run).toMatchObject({ bucket, resultPrefix: 'results', worldSize: 1 });
  expect(await invoke('executor', { ...run, rank: 0, generation: 0 })).toEqual({ rank: 0, samples: 200 });

  const survey = await readSmallSurvey({ shared: false });
  const written = await store.getBytes(bucket, predictionsKey('results', '1', 'npy'));
  const { data } = await readArray(await openPartition(new MemoryByteSource('1.npy', written)), 0);
  const differences = [...survey.predictions].map((expected, index) => Math.abs(Number(data[index]) - expected));
  expect(data).toHaveLength(200);
  expect(Math.max(...differences)).toBeLessThan(1e-4);
  const metrics = await store.getJson(bucket, metricsKey('results', 0), rankMetricsSchema);
  expect(metrics.muster.coldStart).toBe(true);
});
