import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSmallSurvey, redshiftModelPath } from '../models/smallSurvey.js';
import { SystemUnderTest } from './muster.js';

let system: SystemUnderTest;
const fixture = (name: string) => readFile(fileURLToPath(new URL(`../data/fixtures/${name}.pt`, import.meta.url)));

beforeAll(async () => {
  system = await SystemUnderTest.start('--concurrency', '60');
  await system.put('models/redshift/redshift.onnx', await readFile(redshiftModelPath));
  await system.put('models/empty/notes.txt', 'no model here');
  await system.put('models/broken/broken.onnx', 'this is no ONNX file');
  const { image, magnitude, redshift } = await readSmallSurvey({ shared: false });
  await system.putPartition('survey/1.safetensors', 'safetensors', { image, magnitude, redshift });
  await system.putPartition('mixed/1.safetensors', 'safetensors', { image, magnitude, redshift });
  const bad = { 2: 'bad_truncated', 3: 'evil_os_system', 4: 'wrong_bands', 5: 'nan_inf_pixels' };
  for (const [name, content] of Object.entries(bad)) await system.put(`mixed/${name}.pt`, await fixture(content));
});
afterAll(async () => {
  await system.close();
});

const payload = (change: object) => ({
  bucket: system.bucket,
  S3_object_name: 'models/redshift',
  data_prefix: 'survey',
  result_path: `results/${Math.random().toString(36).slice(2)}`,
  ...change,
});

describe('bad input', () => {
  it('is listed whole before anything starts', async () => {
    const { result } = system.start({
      bucket: 'X',
      file_limt: 3,
      batch_size: 'many',
      predictions: 'csv',
      result_path: 'r',
    });
    const { code, status, error, stderr } = await result;
    expect(code).not.toBe(0);
    expect(status).toBe('FAILED');
    for (const fault of [
      'bucket',
      'file_limt',
      'did you mean "file_limit"',
      'batch_size',
      'predictions',
      'data_prefix',
      'S3_object_name',
    ]) {
      expect(error?.message).toContain(fault);
    }
    expect(stderr).toContain('faults');
    const { stdout } = await system.muster('list', '--json');
    expect(JSON.parse(stdout).runs).toEqual([]);
  });

  it('is found by the preflight where only the bucket can tell, all of it at once', async () => {
    const { result } = system.start(
      payload({ data_prefix: 'nothing', S3_object_name: 'models/empty', collectives: 'relay', world_size: 61 }),
    );
    const { code, status, error } = await result;
    expect({ code, status, error }).toMatchObject({ code: 1, status: 'FAILED', error: { code: 'PreflightError' } });
    expect(error?.message).toMatch(/no partition under s3:\/\/muster-local\/nothing\//);
    expect(error?.message).toMatch(/no .onnx model under s3:\/\/muster-local\/models\/empty\//);
    expect(error?.message).toMatch(/61 ranks can never all be alive at once.*60/);
  });

  it('costs a model that is none a clear error', async () => {
    const { status, ranks } = await system.start(payload({ S3_object_name: 'models/broken' })).result;
    expect(status).toBe('FAILED');
    expect(ranks?.failed).toEqual([
      { rank: 0, attempts: 1, cause: expect.stringMatching(/models\/broken\/broken.onnx/) },
    ]);
  });

  it('costs nobody else anything: bad partitions fail their ranks by name, a bad pixel only its sample', async () => {
    const result = await system.start(payload({ data_prefix: 'mixed' })).result;
    expect(result).toMatchObject({ status: 'FAILED', code: 1, ranks: { expected: 5, succeeded: 2 } });
    const causes = new Map(result.ranks?.failed.map(({ rank, attempts, cause }) => [rank, `${attempts} ${cause}`]));
    expect([...causes.keys()]).toEqual([1, 2, 3]);
    expect(causes.get(1)).toMatch(/^1 .*mixed\/2.pt/s);
    expect(causes.get(2)).toMatch(/^1 .*mixed\/3.pt.*system/s);
    expect(causes.get(3)).toMatch(/^1 .*mixed\/4.pt.*does not fit the model.*\[N, 5, 32, 32\]/s);
    expect((await system.readPredictions(result)).get('1')).toHaveLength(200);
    const summary = await system.readJson(result.files?.summary ?? '');
    expect(summary).toMatchObject({ nonFinite: { partitions: [{ name: '5', count: expect.any(Number) }] } });
    expect(result.quality?.count).toBeLessThan(208);
  });
});
