import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../../models/tensorArrays.js';
import { rankMetricsSchema } from '../../run/metrics.js';
import { readSmallSurvey, redshiftModelPath, type SmallSurvey } from '../models/smallSurvey.js';
import { executorProcesses } from './executorProcesses.js';
import { SystemUnderTest } from './muster.js';

let system: SystemUnderTest;
let survey: SmallSurvey;

beforeAll(async () => {
  system = await SystemUnderTest.start('--concurrency', '60');
  survey = await readSmallSurvey({ shared: false });
  await system.put('models/redshift/redshift.onnx', await readFile(redshiftModelPath));
  await system.put('models/redshift/Inference/inference.py', 'print("never run")');
  const formats = ['pt', 'safetensors', 'npz'] as const;
  for (const format of formats) await putSurvey(`survey-${format}`, format, 4);
  await putSurvey('survey-long', 'safetensors', 3, 12);
});
afterAll(async () => {
  await system.close();
});

const array = { image: () => survey.image, magnitude: () => survey.magnitude, redshift: () => survey.redshift };

/** Splits the 200 galaxies into partitions `<prefix>/1`, `2`, ..., each holding its share `repeats` times. */
async function putSurvey(prefix: string, format: 'pt' | 'safetensors' | 'npz', partitions: number, repeats = 1) {
  const count = Math.floor(200 / partitions);
  for (let index = 0; index < partitions; index++) {
    const tensors = Object.entries(array).map(([name, tensor], position) => {
      const rows = rowsOf(tensor(), index * count, count);
      const data = new Float32Array(rows.data.length * repeats);
      for (let repeat = 0; repeat < repeats; repeat++) data.set(rows.data as Float32Array, repeat * rows.data.length);
      return [
        format === 'pt' ? String(position) : name,
        { ...rows, shape: [count * repeats, ...rows.shape.slice(1)], data },
      ] as const;
    });
    await system.putPartition(`${prefix}/${index + 1}.${format}`, format, Object.fromEntries(tensors));
  }
}

const payload = (prefix: string, name: string) => ({
  S3_object_name: 'models/redshift',
  data_prefix: prefix,
  result_path: `results/${name}`,
});

function worstDifference(predictions: Map<string, number[]>): number {
  const names = [...predictions.keys()].sort((a, b) => Number(a) - Number(b));
  const all = names.flatMap((name) => predictions.get(name) ?? []);
  expect(all).toHaveLength(200);
  return Math.max(...all.map((value, index) => Math.abs(value - survey.predictions[index])));
}

describe('muster run', () => {
  it.each([
    ['pt', {}, { channel: 'relay', status: 'done', agrees: true }],
    // One rank needs nobody.
    ['safetensors', { world_size: 1, batch_size: 7 }, { channel: 'none', status: 'none', agrees: null }],
    ['npz', { world_size: '3', batch_size: '512', barrier: true }, { channel: 'relay', status: 'done', agrees: true }],
  ] as const)(
    'predicts what PyTorch predicts from %s partitions, whatever the ranks and batches %j',
    async (format, change, collectives) => {
      const result = await system.run({ ...payload(`survey-${format}`, `predict-${format}`), ...change });
      expect(result).toMatchObject({ status: 'SUCCEEDED', code: 0, ranks: { failed: [] } });
      expect(worstDifference(await system.readPredictions(result))).toBeLessThan(1e-4);
      expect(result.quality).toMatchObject({ count: 200 });
      expect(result.resultPrefix).toBe(`s3://${system.bucket}/results/predict-${format}`);
      expect(result.files?.predictions).toContain(`${result.resultPrefix}/predictions/1.npy`);
      const summary = await system.readJson(result.files?.summary ?? '');
      expect(summary).toMatchObject({ collectives });
      expect(result.bill?.reportLines.found).toBeGreaterThanOrEqual(result.ranks?.expected ?? Number.NaN);
    },
  );

  it('takes a CosmicAI payload unchanged', async () => {
    const result = await system.run({
      bucket: system.bucket,
      file_limit: '4',
      batch_size: 512,
      object_type: 'folder',
      S3_object_name: 'models/redshift',
      script: '/tmp/models/redshift/Inference/inference.py',
      result_path: 'result-partition-1MB/1GB/1',
      data_bucket: system.bucket,
      data_prefix: 'survey-pt',
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED', ranks: { expected: 4, succeeded: 4 } });
    const combined = (await system.readJson(result.files?.combinedData ?? '')) as unknown[];
    expect(combined.map((metrics) => rankMetricsSchema.parse(metrics).data_path)).toEqual([
      'survey-pt/1.pt',
      'survey-pt/2.pt',
      'survey-pt/3.pt',
      'survey-pt/4.pt',
    ]);
    const { stdout } = await system.muster('logs', result.runId, '--rank', '0');
    expect(stdout).toContain('the built-in inference runs instead');
  });

  it('survives an executor that is killed in mid-run, with the same predictions', async () => {
    const { result } = system.start({ bucket: system.bucket, ...payload('survey-long', 'killed') });
    await killFirstAttempt('results/killed', 1);
    const finished = await result;
    expect(finished).toMatchObject({ status: 'SUCCEEDED', code: 0, ranks: { succeeded: 3 } });
    const combined = (await system.readJson(finished.files?.combinedData ?? '')) as unknown[];
    const generations = combined.map((metrics) => rankMetricsSchema.parse(metrics).muster.generation);
    expect(generations).toEqual([0, 1, 0]);
    expect(finished.bill?.lines.map(({ item }) => item)).toContain('lambda-compute-failed');
    const predictions = await system.readPredictions(finished);
    for (const [name, values] of predictions) {
      const first = (Number(name) - 1) * 66;
      const worst = Math.max(
        ...values.map((value, index) => Math.abs(value - survey.predictions[first + (index % 66)])),
      );
      expect(worst).toBeLessThan(1e-4);
    }
  });

  it('fails, names the rank and the cause, and keeps what the others wrote, when every attempt is killed', async () => {
    const stop = new AbortController();
    const { result } = system.start({ bucket: system.bucket, ...payload('survey-long', 'doomed'), retries: 1 });
    const killing = killEveryAttempt('results/doomed', 2, stop.signal);
    const finished = await result;
    stop.abort();
    await killing;
    expect(finished).toMatchObject({
      status: 'FAILED',
      code: 1,
      ranks: { expected: 3, succeeded: 2, failed: [{ rank: 2, attempts: 2, cause: expect.stringMatching(/killed/) }] },
    });
    expect(finished.stderr).toMatch(/rank 2/);
    expect([...(await system.readPredictions(finished)).keys()].sort()).toEqual(['1', '2']);
    expect(await system.readJson(finished.files?.summary ?? '')).toMatchObject({
      status: 'FAILED',
      samples: 66 * 12 * 2,
    });
  });

  it('lets two runs of the same payload share nothing', async () => {
    const same = payload('survey-npz', 'twins');
    const results = await Promise.all([system.run(same), system.run(same)]);
    expect(results.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const prefixes = results.map(({ resultPrefix }) => resultPrefix);
    expect(new Set(prefixes).size).toBe(2);
    for (const result of results) expect(worstDifference(await system.readPredictions(result))).toBeLessThan(1e-4);
  });
});

/** Kills the process of a rank's first attempt, once it has signed in. */
async function killFirstAttempt(resultPath: string, rank: number): Promise<void> {
  const stop = new AbortController();
  await killEveryAttempt(resultPath, rank, stop.signal, () => stop.abort());
}

/** Kills every attempt of a rank as it signs in, until told to stop. */
async function killEveryAttempt(
  resultPath: string,
  rank: number,
  signal: AbortSignal,
  onKill = () => {},
): Promise<void> {
  const killed = new Set<string>();
  while (!signal.aborted) {
    const object = await system.store().head(system.bucket, `${resultPath}/attempts/${rank}.json`);
    if (!object) continue;
    const uri = `s3://${system.bucket}/${object.key}`;
    const { attempts } = (await system.readJson(uri)) as { attempts: { requestId: string; logStream: string }[] };
    const fresh = attempts.find(({ requestId }) => !killed.has(requestId));
    if (!fresh) continue;
    const process_ = (await executorProcesses(system.pid)).find(({ logStream }) => logStream === fresh.logStream);
    killed.add(fresh.requestId);
    if (!process_) throw new Error(`attempt ${fresh.requestId} of rank ${rank} had ended before it could be killed`);
    process.kill(process_.pid, 'SIGKILL');
    onKill();
  }
}
