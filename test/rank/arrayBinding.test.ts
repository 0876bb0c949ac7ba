import { describe, expect, it } from 'vitest';
import { bindArrays, comparedOutput } from '../../rank/arrayBinding.js';
import { ArrayBindingError } from '../../rank/errors.js';

const modelInputs = [
  { name: 'image', dtype: 'float32', shape: ['N', 5, 32, 32] },
  { name: 'magnitude', dtype: 'float32', shape: ['N', 5] },
] as const;
const image = { dtype: 'float32', shape: [8, 5, 32, 32] } as const;
const magnitude = { dtype: 'float64', shape: [8, 5] } as const;
const redshift = { dtype: 'float32', shape: [8] } as const;
const names = { partition: 's3://b/1.pt', model: 's3://b/m.onnx' };

describe('bindArrays', () => {
  it('binds a TensorDataset by position', () => {
    const arrays = [
      { name: '0', ...image },
      { name: '1', ...magnitude },
      { name: '2', ...redshift },
    ];
    expect(bindArrays(modelInputs, arrays, {}, names)).toEqual({ inputs: { image: '0', magnitude: '1' }, labels: '2' });
  });

  it('binds named arrays by name, whatever their order, case and plural', () => {
    const arrays = [
      { name: 'redshifts', ...redshift },
      { name: 'Magnitudes', ...magnitude },
      { name: 'images', ...image },
    ];
    expect(bindArrays(modelInputs, arrays, {}, names)).toEqual({
      inputs: { image: 'images', magnitude: 'Magnitudes' },
      labels: 'redshifts',
    });
  });

  it('does as the payload says', () => {
    const arrays = [
      { name: 'a', ...magnitude },
      { name: 'b', ...magnitude },
      { name: 'c', ...image },
      { name: 'truth_of_z', ...redshift },
    ];
    const wish = { inputs: { magnitude: 'b', image: 2 }, labels: 'truth_of_z' };
    expect(bindArrays(modelInputs, arrays, wish, names)).toEqual({
      inputs: { magnitude: 'b', image: 'c' },
      labels: 'truth_of_z',
    });
    expect(bindArrays(modelInputs, arrays, { ...wish, labels: null }, names).labels).toBeNull();
  });

  it('does without labels when nothing looks like them', () => {
    const arrays = [
      { name: 'image', ...image },
      { name: 'magnitude', ...magnitude },
      { name: 'weight', ...redshift },
    ];
    expect(bindArrays(modelInputs, arrays, {}, names).labels).toBeNull();
  });

  it('says what was expected and what is there when a shape does not fit', () => {
    const arrays = [{ name: '0', dtype: 'float32', shape: [8, 3, 32, 32] } as const, { name: '1', ...magnitude }];
    expect(() => bindArrays(modelInputs, arrays, {}, names)).toThrow(
      'nothing fits input "image" (float32 [N, 5, 32, 32]); there are "0" (float32 [8, 3, 32, 32]), "1" (float64 [8, 5])',
    );
  });

  it('lists every fault at once', () => {
    const arrays = [
      { name: '0', ...image },
      { name: '1', ...magnitude },
    ];
    const wish = { inputs: { picture: '0', magnitude: 'gone', image: '1' }, labels: 9 };
    const bind = () => bindArrays(modelInputs, arrays, wish, names);
    expect(bind).toThrow(ArrayBindingError);
    expect(bind).toThrow(/no input "picture"/);
    expect(bind).toThrow(/no array "gone"/);
    expect(bind).toThrow(/input "image" .* cannot take array "1"/);
    expect(bind).toThrow(/no array 9 for "labels"/);
    expect(bind).toThrow(/s3:\/\/b\/1.pt does not fit the model s3:\/\/b\/m.onnx/);
  });
});

describe('the output that true values are compared with', () => {
  it('is their namesake, case and plural aside, else the first', () => {
    expect(comparedOutput(['class', 'Redshift'], 'redshifts')).toBe('Redshift');
    expect(comparedOutput(['class', 'redshift'], '2')).toBe('class');
  });
});
