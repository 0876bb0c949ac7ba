import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestKey, PayloadError, parsePayload } from '../../run/parsePayload.js';
import { payloadSchema } from '../../run/payload.js';

const cosmicAi: Record<string, unknown> = JSON.parse(
  readFileSync(new URL('fixtures/cosmicai-payload.json', import.meta.url), 'utf8'),
);
const minimal = { bucket: 'survey', S3_object_name: 'model', data_prefix: 'data', result_path: 'results/1' };

function faultsOf(payload: unknown) {
  try {
    parsePayload(payload);
  } catch (error) {
    if (error instanceof PayloadError) return error.faults;
    throw error;
  }
  throw new Error('expected the payload to be refused');
}

describe('CosmicAI payloads', () => {
  it('are taken unchanged, with numeric strings read', () => {
    expect(parsePayload(cosmicAi)).toMatchObject({
      ...cosmicAi,
      file_limit: 11,
      script: expect.stringMatching(/\.py$/),
    });
  });

  it('may have a world size and a batch size as strings', () => {
    const payload = parsePayload({ ...cosmicAi, world_size: '41', batch_size: ' 32 ', file_limit: 130 });
    expect(payload).toMatchObject({ world_size: 41, batch_size: 32, file_limit: 130 });
  });
});

describe('defaults', () => {
  it('are filled in', () => {
    expect(parsePayload(minimal)).toEqual({
      ...minimal,
      object_type: 'folder',
      batch_size: 512,
      collectives: 'auto',
      barrier: false,
      retries: 2,
      tolerated_failure_percentage: 0,
      predictions: 'npy',
      seed: 0,
      params: {},
    });
  });

  it('leave what is given, and keep null labels apart from absent ones', () => {
    const payload = { ...minimal, labels: null, inputs: { image: 0, magnitude: 'mags' }, params: { a: [1, null] } };
    expect(parsePayload(payload)).toMatchObject({ labels: null, inputs: payload.inputs, params: payload.params });
    expect(parsePayload(minimal).labels).toBeUndefined();
  });

  it('take prefixes without the slashes at their ends', () => {
    expect(parsePayload({ ...minimal, result_path: '/results/1//' }).result_path).toBe('results/1');
  });
});

describe('faults', () => {
  it('are listed all five at once', () => {
    const faults = faultsOf({
      bucket: 'Survey',
      S3_object_name: 'model',
      data_prefx: 'data',
      result_path: 'results/1',
      batch_size: 0,
      collectives: 'rely',
    });
    expect(faults.map(({ key }) => key).sort()).toEqual([
      'batch_size',
      'bucket',
      'collectives',
      'data_prefix',
      'data_prefx',
    ]);
    expect(faults.find(({ key }) => key === 'data_prefx')?.message).toBe('unknown key; did you mean "data_prefix"?');
    expect(faults.find(({ key }) => key === 'data_prefix')?.message).toMatch(/^missing; expected string/);
    expect(faults.find(({ key }) => key === 'bucket')?.message).toContain('got "Survey"');
    expect(faults.find(({ key }) => key === 'collectives')?.message).toContain('"relay"');
  });

  it('stand in the message, one a line, with a stable code', () => {
    expect(() => parsePayload({ ...minimal, bukket: 1, seed: -1 })).toThrow(
      /^The payload has 2 faults:\n {2}- seed: .*\n {2}- bukket: unknown key; did you mean "bucket"\?$/,
    );
    expect(new PayloadError([{ key: 'seed', message: 'x' }])).toMatchObject({
      code: 'INVALID_PAYLOAD',
      retryable: false,
    });
  });

  it('include a model that nothing names, beside other faults', () => {
    const { S3_object_name: _, ...modelless } = minimal;
    expect(faultsOf({ ...modelless, seed: 'x' }).map(({ key }) => key)).toEqual(['seed', 'S3_object_name']);
    expect(parsePayload({ ...modelless, model: 'models/redshift.onnx' }).model).toBe('models/redshift.onnx');
    expect(faultsOf({ ...modelless, model: 'a.onnx', script: 'run.js' })).toHaveLength(1);
    expect(parsePayload({ ...modelless, model: 'a.onnx', script: 'run.py' }).script).toBe('run.py');
  });

  it.each([
    ['file_limit', '11x', 'whole number'],
    ['file_limit', '0', '>=1'],
    ['file_limit', 1.5, 'int'],
    ['world_size', 10_001, '<=10000'],
    ['retries', 11, '<=10'],
    ['labels', 1.5, 'expected string or int'],
    ['inputs', { image: null }, 'expected string or number'],
    ['tolerated_failure_percentage', 100.5, '<=100'],
    ['result_path', 'results/../other', '".."'],
    ['result_path', '///', 'at least one name'],
    ['script', 'run.sh', '.js, .mjs, .cjs or .py'],
    ['object_type', 'file', '"folder"'],
    ['barrier', 'yes', 'boolean'],
    ['predictions', 'csv', '"jsonl"'],
    ['params', [], 'record'],
  ])('name %s of %j and what was expected', (key, value, expected) => {
    const faults = faultsOf({ ...minimal, [key]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0].key.split('.')[0]).toBe(key);
    expect(faults[0].message).toContain(expected);
  });

  it.each([null, undefined, 'payload', 3, []])('refuse %j as a whole', (payload) => {
    expect(faultsOf(payload)[0]).toMatchObject({
      key: '(payload)',
      message: expect.stringContaining('expected object'),
    });
  });

  it('are the only error, whatever arrives', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue())), (payload) => {
        try {
          parsePayload(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
          if (error instanceof PayloadError) expect(error.faults.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

const keys = Object.keys(payloadSchema.shape);

describe('prefixes', () => {
  it('are measured in the bytes that S3 counts', () => {
    expect(parsePayload({ ...minimal, result_path: 'ü'.repeat(450) }).result_path).toHaveLength(450);
    expect(faultsOf({ ...minimal, result_path: 'ü'.repeat(451) })[0].message).toContain('at most 900 bytes in UTF-8');
  });
});

describe('nearestKey', () => {
  it.each([
    ['s3_object_name', 'S3_object_name'],
    ['databucket', 'data_bucket'],
    ['batchSize', 'batch_size'],
    ['worldsize', 'world_size'],
    ['lables', 'labels'],
    ['retires', 'retries'],
  ])('takes %s for %s', (mistyped, key) => expect(nearestKey(mistyped)).toBe(key));

  it('has no guess for a key that is like none', () => {
    expect(nearestKey('xyzzy')).toBeUndefined();
    expect(faultsOf({ ...minimal, xyzzy: 1 })[0].message).toContain(`known are ${keys.join(', ')}`);
  });

  it('finds every key again after any one slip', () => {
    const slips = fc
      .constantFrom(...keys)
      .chain((key) =>
        fc.record({ key: fc.constant(key), at: fc.nat(key.length - 1), letter: fc.constantFrom('q', '1', '-') }),
      );
    fc.assert(
      fc.property(slips, ({ key, at, letter }) => {
        expect(nearestKey(key.slice(0, at) + letter + key.slice(at + 1))).toBe(key);
      }),
    );
  });
});
