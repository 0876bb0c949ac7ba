import { describe, expect, it } from 'vitest';
import { OutputNameTakenError } from '../../rank/errors.js';
import { predictionFiles } from '../../rank/predictionFiles.js';
import type { Tensor } from '../../run/tensor.js';

const column: Tensor = { dtype: 'float32', shape: [2, 1], data: Float32Array.of(0.5, Number.NaN) };
const resultOf = (predictions: Record<string, Tensor>, labels?: Tensor) => ({
  samples: 2,
  batches: 1,
  predictions,
  labels,
});

describe('prediction files', () => {
  it('are named so that no output and partition share one', async () => {
    const predictions = { first: column, '/head/Add': column, '..': column };
    const { files, predictionsKey, furtherOutputKeys } = await predictionFiles(
      'results/x',
      'a/1',
      'npy',
      resultOf(predictions),
    );
    expect(predictionsKey).toBe('results/x/predictions/a/1.npy');
    expect(furtherOutputKeys).toEqual([
      'results/x/further_outputs/%2Fhead%2FAdd/a/1.npy',
      'results/x/further_outputs/%2E%2E/a/1.npy',
    ]);
    expect(files.map(({ key }) => key)).toEqual([predictionsKey, ...(furtherOutputKeys ?? [])]);
  });

  it('as JSON Lines refuse outputs that would hide the number or the true value of a sample', async () => {
    const write = (names: string[], labels?: Tensor) => {
      const predictions = Object.fromEntries(names.map((name) => [name, column]));
      return predictionFiles('results/x', '1', 'jsonl', resultOf(predictions, labels));
    };
    await expect(write(['sample', 'label'], column)).rejects.toThrow(OutputNameTakenError);
    await expect(write(['sample', 'label'], column)).rejects.toThrow(/"sample" and "label".*"predictions" to "npy"/);
    const { files } = await write(['label']);
    expect(files[0].body).toBe('{"sample":0,"label":0.5}\n{"sample":1,"label":"NaN"}\n');
  });
});
