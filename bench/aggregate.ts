import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { tensorContent, writeNpy } from '../data/index.js';
import { aggregateRun } from '../job/aggregateRun.js';
import { mapBounded } from '../job/boundedMap.js';
import { peakRssMb } from '../rank/peakMemory.js';
import { spansPerStage } from '../rank/stageRecorder.js';
import {
  attemptsKey,
  combinedDataKey,
  labelsKey,
  metricsKey,
  planKey,
  predictionsKey,
  reportKey,
} from '../run/keys.js';
import { type Attempts, type RankMetrics, stages } from '../run/metrics.js';
import { parsePayload } from '../run/parsePayload.js';
import type { Plan } from '../run/plan.js';
import { sumQuality } from '../run/quality.js';
import { ObjectStore } from '../storage/objectStore.js';

/*
 * What does the aggregate of a wide run take? Writes what the ranks of such a run would leave behind, with as many spans
 * as a rank may have, and prints the time and the peak memory of one aggregate in a process of its own.
 *
 *   npx tsx bench/aggregate.ts [--ranks 10000] [--samples 256]
 */

const { values: options } = parseArgs({
  options: {
    ranks: { type: 'string', default: '10000' },
    samples: { type: 'string', default: '256' },
    role: { type: 'string' },
    endpoint: { type: 'string' },
  },
});
const [ranks, samples] = [options.ranks, options.samples].map(Number);
const bucket = 'bench-bucket';
const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'test-secret' };
const [runId, resultPrefix] = ['wide', 'results/wide'];
const startMs = 1_700_000_000_000;
const coordinator = { functionName: 'bench', requestId: 'bench', memoryMb: 1024, startedAtMs: startMs };

function planOf(): Plan {
  const payload = parsePayload({ bucket, model: 'm.onnx', data_prefix: 'survey', result_path: resultPrefix });
  return {
    version: 1,
    runId,
    createdAtMs: startMs,
    deadlineAtMs: null,
    bucket,
    resultPrefix,
    dataBucket: bucket,
    executorFunction: 'executor',
    executorQualifier: '$LATEST',
    executorMemoryMb: 1769,
    initialize: { ...coordinator, endedAtMs: startMs, requests: { get: 0, put: 0, list: 0, head: 0 } },
    worldSize: ranks,
    partitionCount: ranks,
    totalBytes: ranks * 5_000_000,
    model: { key: 'm.onnx', size: 1, etag: '"m"' },
    script: { kind: 'inference' },
    collectives: { channel: 'none', reason: 'bench' },
    maxConcurrency: ranks,
    payload,
  };
}

/** What a rank of one partition would have written, with every stage cut into as many spans as are kept. */
function metricsOf(rank: number, quality: ReturnType<typeof sumQuality>): RankMetrics {
  const spans = stages.flatMap((stage) =>
    Array.from({ length: spansPerStage(ranks) }, (_, index) => ({
      stage,
      startMs: startMs + index * 100.123_456,
      endMs: startMs + index * 100.123_456 + 50.654_321,
    })),
  );
  const partition = {
    name: String(rank),
    key: `survey/${rank}.pt`,
    samples,
    bytes: 5_000_000,
    predictionsKey: predictionsKey(resultPrefix, String(rank), 'npy'),
    labelsKey: labelsKey(resultPrefix, String(rank)),
    quality,
    nonFinite: { count: 0, firstSamples: [] },
  };
  return {
    'total_cpu_time (seconds)': 1,
    'total_cpu_memory (MB)': 300,
    'execution_time (seconds/batch)': 1,
    num_batches: 1,
    batch_size: 512,
    device: 'cpu',
    throughput_bps: 4e7,
    sample_persec: samples,
    result_path: resultPrefix,
    data_path: partition.key,
    s3_num_requests: 10,
    s3_total_time: 1,
    s3_avg_time: 0.1,
    s3_min_time: 0.01,
    s3_max_time: 0.2,
    s3_first_request_time: startMs / 1000,
    s3_last_response_time: startMs / 1000,
    cpu_info: 'bench x 2',
    'ram_info (GB)': 2,
    avg_profile: Object.fromEntries(stages.map((stage) => [stage, 1])),
    'self_cpu_memory (MB)': 300,
    muster: {
      version: 1,
      runId,
      rank,
      worldSize: ranks,
      generation: 0,
      requestId: `00000000-0000-4000-8000-${String(rank).padStart(12, '0')}`,
      logGroup: '/aws/lambda/executor',
      logStream: `2026/01/01/[$LATEST]${rank}`,
      coldStart: true,
      memoryMb: 1769,
      architecture: 'x86_64',
      startedAtMs: startMs,
      endedAtMs: startMs + 4_000 + rank,
      stageMs: { init: 1, download: 1, decode: 1, inference: 1, collectives: 1, upload: 1 },
      spans,
      cpuTimeS: 1,
      peakRssMb: 300,
      batches: 1,
      samples,
      bytes: partition.bytes,
      s3: { get: 10, put: 3, list: 0, head: 0, bytesRead: 5_000_000, bytesWritten: 10_000 },
      partitions: [partition],
      collective: { channel: 'none', status: 'none' },
      outputs: [],
    },
  };
}

async function npyOf(values: Float32Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const tensor = { dtype: 'float32', shape: [values.length], data: values } as const;
  for await (const piece of writeNpy(tensorContent('values', tensor)).content) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

async function writeRun(store: ObjectStore): Promise<void> {
  const truth = Float32Array.from({ length: samples }, (_, index) => 0.1 + index / samples);
  const predicted = truth.map((value, index) => value + Math.sin(index) / 50);
  const quality = sumQuality(predicted, truth);
  const [predictedFile, truthFile] = [await npyOf(predicted), await npyOf(truth)];
  await store.putJson(bucket, planKey(resultPrefix), planOf());
  const all = Array.from({ length: ranks }, (_, rank) => rank);
  await mapBounded(all, 32, async (rank) => {
    const metrics = metricsOf(rank, quality);
    const { requestId, logStream, startedAtMs } = metrics.muster;
    const attempts: Attempts = { runId, rank, attempts: [{ generation: 0, requestId, logStream, startedAtMs }] };
    await store.putJson(bucket, metricsKey(resultPrefix, rank), metrics);
    await store.putJson(bucket, attemptsKey(resultPrefix, rank), attempts);
    await store.put(bucket, predictionsKey(resultPrefix, String(rank), 'npy'), predictedFile);
    await store.put(bucket, labelsKey(resultPrefix, String(rank)), truthFile);
  });
}

const connect = (endpoint: string) => new ObjectStore(new S3Client({ endpoint, region: 'us-east-1', credentials }));

/** A CloudWatch Logs without log groups: every line of the bill is an estimate. */
async function startEmptyLogs() {
  const server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end('{"__type":"ResourceNotFoundException","message":"no log group"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: new CloudWatchLogsClient({ endpoint, region: 'us-east-1', credentials }), server };
}

async function measureAggregate(endpoint: string): Promise<void> {
  const { client, server } = await startEmptyLogs();
  const store = connect(endpoint);
  const beforeMb = await peakRssMb();
  const begin = performance.now();
  const summary = await aggregateRun(
    { runId, bucket, resultPrefix },
    {
      store,
      logs: client,
      invocation: { ...coordinator, startedAtMs: Date.now() },
      region: 'us-east-1',
      architecture: 'x86_64',
      ephemeralStorageMb: 512,
      reportTimeoutMs: 0,
      version: 'bench',
    },
  );
  const seconds = (performance.now() - begin) / 1000;
  const peakMb = await peakRssMb();
  console.log(
    `${summary.status}: ${ranks} ranks in ${seconds.toFixed(1)} s, peak memory ${peakMb.toFixed(0)} MB (${beforeMb.toFixed(0)} MB before)`,
  );
  for (const key of [combinedDataKey(resultPrefix), reportKey(resultPrefix)]) {
    const object = await store.head(bucket, key);
    console.log(`${key}: ${((object?.size ?? 0) / 1e6).toFixed(1)} MB`);
  }
  client.destroy();
  server.close();
}

/** The S3 runs in a process of its own, which ends with its parent. */
async function serve(): Promise<void> {
  const { startEmbeddedS3 } = await import('../test/embeddedS3.js');
  const s3 = await startEmbeddedS3(bucket);
  process.once('disconnect', () => void s3.close());
  process.send?.({ endpoint: s3.endpoint });
}

const childProcess = (...args: string[]) =>
  fork(fileURLToPath(import.meta.url), [...args, '--ranks', String(ranks), '--samples', String(samples)], {
    execArgv: ['--import', 'tsx'],
  });

async function main(): Promise<void> {
  const server = childProcess('--role', 'serve');
  const message = await new Promise<unknown>((resolve) => server.once('message', resolve));
  const { endpoint } = z.object({ endpoint: z.url() }).parse(message);
  await writeRun(connect(endpoint));
  const aggregate = childProcess('--role', 'aggregate', '--endpoint', endpoint);
  process.exitCode = await new Promise<number>((resolve) => aggregate.once('exit', (code) => resolve(code ?? 1)));
  server.disconnect();
}

if (options.role === 'serve') await serve();
else if (options.role === 'aggregate') await measureAggregate(options.endpoint ?? '');
else await main();
