import fc from 'fast-check';
import { typedView } from '../../data/storedArray.js';
import { bytesPerElement, type Dtype, dtypes, elementCount, type Tensor } from '../../run/tensor.js';

/** A tensor of a given shape with any bit patterns in it. */
export function tensorOfBits(dtype: Dtype, shape: readonly number[]): fc.Arbitrary<Tensor> {
  const length = elementCount(shape);
  const byteLength = length * bytesPerElement[dtype];
  return fc.uint8Array({ minLength: byteLength, maxLength: byteLength }).map((bytes) => {
    const buffer = new Uint8Array(bytes.map((byte) => (dtype === 'bool' ? byte & 1 : byte))).buffer;
    return { dtype, shape, data: typedView(dtype, buffer, 0, length) };
  });
}

export const sampleShape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });

/** One to four arrays of the same number of samples, with positional names. */
export function datasetOf(types: readonly Dtype[] = dtypes, maxSamples = 9): fc.Arbitrary<Tensor[]> {
  return fc.integer({ min: 0, max: maxSamples }).chain((samples) =>
    fc.array(
      fc
        .tuple(fc.constantFrom(...types), sampleShape)
        .chain(([dtype, shape]) => tensorOfBits(dtype, [samples, ...shape])),
      { minLength: 1, maxLength: 4 },
    ),
  );
}
