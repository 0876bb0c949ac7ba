import type { Tensor } from '../run/tensor.js';

/** Whether an element is infinite or not a number, by the bits where the element travels as bits. */
function nonFiniteTest({ dtype, data }: Tensor): ((i: number) => boolean) | undefined {
  switch (dtype) {
    case 'float32':
    case 'float64':
      return (i) => !Number.isFinite(data[i]);
    case 'float16':
      return (i) => (Number(data[i]) & 0x7c00) === 0x7c00;
    case 'bfloat16':
      return (i) => (Number(data[i]) & 0x7f80) === 0x7f80;
    default:
      return undefined;
  }
}

/** The samples (rows of the first axis), ascending, that have a NaN or an infinity in any of the tensors. */
export function nonFiniteSamples(tensors: Iterable<Tensor>): number[] {
  const samples = new Set<number>();
  for (const tensor of tensors) {
    const isNonFinite = nonFiniteTest(tensor);
    if (!isNonFinite) continue;
    const rowLength = tensor.data.length / tensor.shape[0];
    for (let i = 0; i < tensor.data.length; i++) if (isNonFinite(i)) samples.add(Math.floor(i / rowLength));
  }
  return [...samples].sort((a, b) => a - b);
}
