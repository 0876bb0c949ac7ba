import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import { tensorContent, writePt } from '../data/index.js';
import { type SimulatedGalaxies, simulateGalaxies } from '../models/galaxies/simulateGalaxies.js';
import { defaultMicroBatch } from '../models/inferenceSession.js';
import { rowsOf } from '../models/tensorArrays.js';
import { executeRank } from '../rank/executeRank.js';
import { ModelCache } from '../rank/modelCache.js';
import { PartitionMemory } from '../rank/partitionMemory.js';
import { planKey, planShardKey } from '../run/keys.js';
import { parsePayload } from '../run/parsePayload.js';
import type { Plan } from '../run/plan.js';
import type { Tensor } from '../run/tensor.js';
import { ObjectStore } from '../storage/objectStore.js';

/*
 * How near does one executor come to what the processor can do? Samples per second from the first S3 GET to the last
 * prediction written, model loaded (a warm environment), against a bare onnxruntime-node loop on data already in memory:
 * same model, same number of threads, same samples, in turn in one run. Prints the ratio of each pair and the median.
 *
 *   npx tsx bench/executor.ts [--partitions 8] [--samples 256] [--rounds 7] [--workers 1]
 */

const { values: options } = parseArgs({
  options: {
    partitions: { type: 'string', default: '8' },
    samples: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '7' },
    workers: { type: 'string', default: '1' },
    serve: { type: 'boolean', default: false },
  },
});

const modelPath = fileURLToPath(new URL('../models/redshift/redshift.onnx', import.meta.url));
const bucket = 'bench-bucket';

const accessSchema = z.object({
  endpoint: z.url(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});

/** The S3 runs in a process of its own, as it would elsewhere; it ends with its parent. */
async function serve(): Promise<void> {
  const { startEmbeddedS3 } = await import('../test/embeddedS3.js');
  const s3 = await startEmbeddedS3(bucket);
  process.once('disconnect', () => void s3.close());
  process.send?.({ endpoint: s3.endpoint, credentials: await s3.client.config.credentials() });
}

async function startServer() {
  const child = fork(fileURLToPath(import.meta.url), ['--serve'], { execArgv: ['--import', 'tsx'] });
  const message = await new Promise<unknown>((resolve) => child.once('message', resolve));
  const { endpoint, credentials } = accessSchema.parse(message);
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1' });
  const close = () => {
    client.destroy();
    child.disconnect();
  };
  return { store: () => new ObjectStore(client), close };
}

async function upload(store: ObjectStore, key: string, galaxies: SimulatedGalaxies): Promise<number> {
  const { image, magnitude, redshift } = galaxies;
  const arrays = Object.entries({ image, magnitude, redshift }).map(([name, tensor]) => tensorContent(name, tensor));
  const pieces: Uint8Array[] = [];
  for await (const piece of writePt(arrays).content) pieces.push(piece.slice());
  const body = Buffer.concat(pieces);
  await store.put(bucket, key, body);
  return body.length;
}

/** The bare loop: one session of as many threads, the samples in memory, the fastest batch size. */
async function bareLoop(survey: readonly SimulatedGalaxies[], threads: number): Promise<() => Promise<number>> {
  const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const toOrt = (tensor: Tensor, start: number, count: number) => {
    const { data, shape } = rowsOf(tensor, start, count);
    return new ort.Tensor('float32', data as Float32Array, shape);
  };
  return async () => {
    const start = performance.now();
    for (const { image, magnitude } of survey) {
      const samples = image.shape[0];
      for (let first = 0; first < samples; first += defaultMicroBatch) {
        const count = Math.min(defaultMicroBatch, samples - first);
        await session.run({ image: toOrt(image, first, count), magnitude: toOrt(magnitude, first, count) });
      }
    }
    return performance.now() - start;
  };
}

const median = (values: readonly number[]) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function main(): Promise<void> {
  const [partitions, samples, rounds, workers] = [
    options.partitions,
    options.samples,
    options.rounds,
    options.workers,
  ].map(Number);
  const survey = Array.from({ length: partitions }, (_, index) =>
    simulateGalaxies({ seed: 1, start: index * samples, count: samples }),
  );
  const server = await startServer();
  const store = server.store();
  const planned = await Promise.all(
    survey.map(async (galaxies, index) => {
      const key = `survey/${index + 1}.pt`;
      const size = await upload(store, key, galaxies);
      const object = await store.head(bucket, key);
      return { name: String(index + 1), key, size, etag: object?.etag ?? '' };
    }),
  );
  const model = await readFile(modelPath);
  await store.put(bucket, 'models/redshift.onnx', model);
  const modelObject = await store.head(bucket, 'models/redshift.onnx');
  const plan = {
    version: 1,
    bucket,
    dataBucket: bucket,
    worldSize: 1,
    executorFunction: 'bench',
    executorQualifier: '$LATEST',
    executorMemoryMb: 1769,
    createdAtMs: Date.now(),
    deadlineAtMs: null,
    partitionCount: partitions,
    totalBytes: planned.reduce((sum, { size }) => sum + size, 0),
    model: modelObject ?? null,
    script: { kind: 'inference' },
    collectives: { channel: 'none', reason: 'bench' },
    maxConcurrency: 1,
    initialize: {
      functionName: 'bench',
      requestId: 'bench',
      memoryMb: 0,
      startedAtMs: 0,
      endedAtMs: 0,
      requests: { get: 0, put: 0, list: 0, head: 0 },
    },
    payload: parsePayload({ bucket, model: 'models/redshift.onnx', data_prefix: 'survey', result_path: 'results' }),
  } as const;
  const models = new ModelCache(workers);
  const memory = new PartitionMemory();
  const executor = async (round: number): Promise<number> => {
    const resultPrefix = `results/${round}`;
    const runId = `round-${round}`;
    const written: Plan = { ...plan, runId, resultPrefix };
    await store.putJson(bucket, planKey(resultPrefix), written);
    await store.putJson(bucket, planShardKey(resultPrefix, 0), { runId, rows: [{ rank: 0, partitions: planned }] });
    const startedAtMs = Date.now();
    const start = performance.now();
    await executeRank(
      { runId, bucket, resultPrefix, rank: 0, generation: 0 },
      {
        requestId: runId,
        logGroup: '',
        logStream: '',
        coldStart: false,
        startedAtMs,
        processStartedAtMs: startedAtMs,
        endsAtMs: startedAtMs + 600_000,
        memoryMb: 1769 * workers,
        architecture: process.arch,
      },
      {
        store: server.store(),
        presenceStore: server.store(),
        models,
        memory,
        logger: { info: () => undefined, warn: console.warn, error: console.error },
      },
    );
    return performance.now() - start;
  };
  const bare = await bareLoop(survey, workers);
  await executor(0);
  await bare();
  const ratios: number[] = [];
  const total = partitions * samples;
  for (let round = 1; round <= rounds; round++) {
    const [executorMs, bareMs] = [await executor(round), await bare()];
    ratios.push(bareMs / executorMs);
    const rate = (ms: number) => ((total / ms) * 1000).toFixed(0).padStart(5);
    console.log(
      `round ${round}: executor ${rate(executorMs)} samples/s, bare loop ${rate(bareMs)}, ratio ${(bareMs / executorMs).toFixed(3)}`,
    );
  }
  console.log(
    `median ratio ${median(ratios).toFixed(3)} over ${rounds} rounds of ${total} samples, ${workers} thread(s)`,
  );
  await models.drop();
  server.close();
}

await (options.serve ? serve() : main());
