import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPartition, readArray } from '../../data/index.js';
import { type RunningCloud, startCloud } from '../../local/cloud.js';
import { CodeStore } from '../../local/lambda/codeStore.js';
import { readServerlessConfig } from '../../local/serverlessConfig.js';
import { metricsKey, predictionsKey } from '../../run/keys.js';
import { rankMetricsSchema } from '../../run/metrics.js';
import { bundleOptions } from '../../scripts/functionBundle.js';
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
  folder = await realpath(await mkdtemp(join(tmpdir(), 'muster-unpacked-')));
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

describe('koffi in the unpacked executor', () => {
  const library = join(
    'node_modules',
    '@koromix',
    `koffi-linux-${process.arch}`,
    `linux_${process.arch}`,
    'koffi.node',
  );
  const loaded = `process.report.getReport().sharedObjects.filter((path) => path.endsWith('koffi.node'))`;
  let task: string;

  beforeAll(async () => {
    const store = new CodeStore(join(folder, 'task'), () => Promise.reject(new Error('the code is in no bucket')));
    ({ artifactFolder: task } = await store.unpack({ zip: await readFile(join(folder, 'executor.zip')) }));
    // The zip has it only within the handler: here it is alone, bundled in the same way, beside the same packages.
    const { outputFiles } = await build({
      ...bundleOptions,
      entryPoints: [fileURLToPath(new URL('../../collectives/direct/systemCalls.ts', import.meta.url))],
      outfile: join(task, 'systemCalls.mjs'),
      outExtension: {},
    });
    for (const { path, contents } of outputFiles) await writeFile(path, contents);
  });

  /** What a script prints that runs in a folder, in a process of its own, with nothing of this working copy. */
  async function run(
    cwd: string,
    script: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const args = ['--no-warnings', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd,
      env: environment,
      timeout: 15_000,
    });
    return JSON.parse(stdout);
  }

  it('is loaded with the handler, from its folder', async () => {
    const handler = `await import('./index.mjs'); console.log(JSON.stringify(${loaded}))`;
    const environment = {
      AWS_REGION: settings.region,
      AWS_LAMBDA_FUNCTION_NAME: 'executor',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
      MUSTER_EXECUTOR_FUNCTION: 'executor',
      MUSTER_EXECUTOR_MEMORY_MB: '1769',
      MUSTER_EPHEMERAL_STORAGE_MB: '512',
      MUSTER_REPORT_TIMEOUT_MS: '0',
    };
    expect(await run(task, handler, environment)).toEqual([join(task, library)]);
  });

  it('reads and writes a socket for the ranks', async () => {
    const exchange = `
      import { once } from 'node:events';
      import { connect, createServer } from 'node:net';
      import { fileDescriptorOf, systemCalls } from './systemCalls.mjs';
      const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const near = connect(server.address().port, '127.0.0.1');
      const [far] = await once(server, 'connection');
      await new Promise((resolve) => near.write('for recv', resolve));
      const place = Buffer.alloc(100);
      let received = -1;
      for (; received < 0; received = systemCalls.receive(fileDescriptorOf(far), place)) systemCalls.yieldCpu();
      const sent = systemCalls.send(fileDescriptorOf(far), Buffer.from('by send'), false);
      const [answer] = await once(near, 'data');
      const loaded = ${loaded};
      console.log(JSON.stringify({ received: place.toString('utf8', 0, received), sent, answer: answer.toString(), loaded }));
      process.exit();
    `;
    const loadedHere = [join(task, library)];
    expect(await run(task, exchange)).toEqual({ received: 'for recv', sent: 7, answer: 'by send', loaded: loadedHere });
  });

  it('is had from nowhere else', async () => {
    const bare = join(folder, 'bare');
    await mkdir(bare);
    await copyFile(join(task, 'systemCalls.mjs'), join(bare, 'systemCalls.mjs'));
    const script = `
      import { systemCalls } from './systemCalls.mjs';
      console.log(JSON.stringify({ missing: systemCalls === undefined, loaded: ${loaded} }));
    `;
    expect(await run(bare, script)).toEqual({ missing: true, loaded: [] });
  });
});
