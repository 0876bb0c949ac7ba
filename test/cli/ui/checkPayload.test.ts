import { describe, expect, it } from 'vitest';
import { checkPayload } from '../../../cli/ui/checkPayload.js';

const good = '{\n  "bucket": "a-bucket",\n  "model": "m.onnx",\n  "data_prefix": "d",\n  "result_path": "r"\n}\n';

describe('a payload that is typed', () => {
  it('is what it says when nothing is wrong with it', () => {
    expect(checkPayload(good)).toEqual({
      faults: [],
      payload: { bucket: 'a-bucket', model: 'm.onnx', data_prefix: 'd', result_path: 'r' },
    });
  });

  it('has every fault at its line, with the key that was most likely meant', () => {
    const text = good.replace('"model"', '"batch_sise": 3,\n  "retries": 99,\n  "model"').replace('a-bucket', 'A');
    expect(checkPayload(text).faults).toEqual(
      expect.arrayContaining([
        { key: 'batch_sise', message: 'unknown key; did you mean "batch_size"?', line: 3 },
        { key: 'retries', message: expect.stringContaining('99'), line: 4 },
        { key: 'bucket', message: expect.stringContaining('S3 bucket name'), line: 2 },
      ]),
    );
  });

  it('has the line of the nearest thing that is there, or none, when a key is missing', () => {
    expect(checkPayload('{\n}').faults).toContainEqual({
      key: 'bucket',
      message: expect.stringContaining('missing'),
      line: null,
    });
    expect(checkPayload(good.replace('"model"', '"inputs": {\n    "x": true },\n  "model"')).faults).toEqual([
      { key: 'inputs.x', message: expect.any(String), line: 4 },
    ]);
  });

  it.each([
    ['', 1, 'there is no payload yet'],
    ['{\n  "bucket": \n}', 3, 'expected JSON'],
    ['{\n  "bucket": "b",\n}', 3, 'expected JSON'],
    ['{\n  "bucket": "b"', 2, 'expected JSON'],
    ['{ "a": 1 } x', 1, 'expected JSON'],
  ])('that is no JSON says in which line: %j', (text, line, message) => {
    expect(checkPayload(text).faults).toEqual([{ key: '(json)', message: expect.stringContaining(message), line }]);
  });

  it.each(['[]', '3', 'null', '"text"'])('that is JSON but no object is refused whole: %s', (text) => {
    expect(checkPayload(text).faults).toEqual([{ key: '(payload)', message: expect.any(String), line: 1 }]);
  });
});
