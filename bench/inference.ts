import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { InferenceSession as OnnxSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { inferBatches, type SampleBatch } from '../models/batchInference.js';
import { simulateGalaxies } from '../models/galaxies/simulateGalaxies.js';
import { createInferenceSession, defaultMicroBatch } from '../models/inferenceSession.js';
import { rowsOf } from '../models/tensorArrays.js';
import type { Tensor } from '../run/tensor.js';

/*
 * Samples a second of the inference session (worker threads, batches of 512 in order) against a bare onnxruntime-node loop
 * that runs micro-batches of the same galaxies straight from memory, with as many threads, each with a session of one thread. Both are
 * measured in turn in every round of one run; a ratio is the median of those of the rounds.
 *
 * Usage: tsx bench/inference.ts [MODEL.onnx] [samples a thread and round]
 */

const rounds = 5;
const batchSize = 512;

interface Contestant {
  /** Infers the samples of one round. */
  infer(): Promise<void>;
  close(): Promise<unknown>;
}

interface Run {
  readonly perS: number;
  /** Samples for each second of processor time of the whole process: what other programs take does not count. */
  readonly perCpuS: number;
}

async function timed(contestant: Contestant, samples: number): Promise<Run> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await contestant.infer();
  const { user, system } = process.cpuUsage(startCpu);
  return { perS: (samples * 1e3) / (performance.now() - startMs), perCpuS: (samples * 1e6) / (user + system) };
}

interface BareStart {
  readonly model: string;
  readonly image: Float32Array;
  readonly magnitude: Float32Array;
  readonly samples: number;
}

/** The body of a bare thread: at each message, runs its samples through the model and answers. */
async function bareThread({ model, image, magnitude, samples }: BareStart): Promise<void> {
  const session = await OnnxSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const own = { image: image.slice(), magnitude: magnitude.slice() }; // onnxruntime takes no shared memory
  const run = (start: number) => {
    const rows = (array: Float32Array, row: number) => array.subarray(start * row, (start + defaultMicroBatch) * row);
    return session.run({
      image: new OnnxTensor('float32', rows(own.image, 5 * 32 * 32), [defaultMicroBatch, 5, 32, 32]),
      magnitude: new OnnxTensor('float32', rows(own.magnitude, 5), [defaultMicroBatch, 5]),
    });
  };
  parentPort?.on('message', async () => {
    for (let done = 0; done < samples; done += defaultMicroBatch) await run(done % batchSize);
    parentPort?.postMessage('done');
  });
  await run(0);
  parentPort?.postMessage('ready');
}

const answer = (worker: Worker) =>
  new Promise<void>((resolve, reject) => worker.once('message', () => resolve()).once('error', reject));

/** `threads` bare loops at once. */
async function bareLoop(threads: number, start: BareStart): Promise<Contestant> {
  const tsx = import.meta.resolve('tsx/esm/api');
  const self = `import('${tsx}').then((tsx) => tsx.tsImport('${fileURLToPath(import.meta.url)}', '${import.meta.url}'))`;
  const workers = Array.from({ length: threads }, () => new Worker(self, { eval: true, workerData: start }));
  await Promise.all(workers.map(answer));
  return {
    async infer() {
      const done = workers.map(answer);
      for (const worker of workers) worker.postMessage('go');
      await Promise.all(done);
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

/** A session with `threads` workers, fed batches of 512 from shared memory. */
async function ownSession(
  threads: number,
  model: string,
  image: Tensor,
  magnitude: Tensor,
  samples: number,
): Promise<Contestant> {
  const session = await createInferenceSession({ model, modelName: model, workers: threads });
  const options = {
    inputs: { image: 'image', magnitude: 'magnitude' },
    cast: (tensor: Tensor) => tensor,
  };
  async function* batches(): AsyncGenerator<SampleBatch> {
    for (let start = 0; start < threads * samples; start += batchSize) {
      const count = Math.min(batchSize, threads * samples - start);
      yield { start, count, tensors: { image: rowsOf(image, 0, count), magnitude: rowsOf(magnitude, 0, count) } };
    }
  }
  await session.run({ image, magnitude });
  return {
    async infer() {
      let inferred = 0;
      for await (const { count } of inferBatches(session, batches(), options)) inferred += count;
      if (inferred !== threads * samples) throw new Error(`inferred ${inferred} samples of ${threads * samples}`);
    },
    close: () => session.close(),
  };
}

function inSharedMemory({ dtype, shape, data }: Tensor) {
  const shared = new Float32Array(new SharedArrayBuffer(data.byteLength));
  shared.set(Float32Array.from(data, Number));
  return { dtype, shape, data: shared };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(): Promise<void> {
  const model = process.argv[2] ?? fileURLToPath(new URL('../models/redshift/redshift.onnx', import.meta.url));
  const samples = Number(process.argv[3] ?? 2048);
  const galaxies = simulateGalaxies({ seed: 1, count: batchSize });
  const image = inSharedMemory(galaxies.image);
  const magnitude = inSharedMemory(galaxies.magnitude);
  const bare: BareStart = { model, image: image.data, magnitude: magnitude.data, samples };
  console.log(`${cpus()[0].model}, ${availableParallelism()} processors, Node ${process.version}, ${model}`);
  for (const threads of [1, 2]) {
    const contestants = [await bareLoop(threads, bare), await ownSession(threads, model, image, magnitude, samples)];
    const runs: Run[][] = contestants.map(() => []);
    for (let round = 0; round < rounds; round++)
      for (const [i, contestant] of contestants.entries()) runs[i].push(await timed(contestant, threads * samples));
    await Promise.all(contestants.map((contestant) => contestant.close()));
    const ratio = (rate: (run: Run) => number) =>
      median(runs[0].map((bareRun, round) => rate(runs[1][round]) / rate(bareRun))).toFixed(3);
    const [bareRate, ownRate] = runs.map((own) => median(own.map(({ perS }) => perS)).toFixed(0));
    console.log(
      `${threads} thread(s), samples/s: bare loop ${bareRate}, session ${ownRate}, ratio ${ratio(({ perS }) => perS)}; ` +
        `ratio of samples per CPU second ${ratio(({ perCpuS }) => perCpuS)}`,
    );
  }
}

await (isMainThread ? measure() : bareThread(workerData));
