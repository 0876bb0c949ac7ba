import { elementCount, type Tensor } from '../run/tensor.js';
import { formatShape, type ModelValue } from './modelSignature.js';
import { tensorArrays } from './tensorArrays.js';

/**
 * Everything that keeps `feeds` from being run through a model, in words: missing and unknown inputs, dtypes, ranks,
 * fixed dimensions, and numbers of samples that differ. The first axis is left to the session, which splits it.
 */
export function inputFaults(inputs: readonly ModelValue[], feeds: Readonly<Record<string, Tensor>>): string[] {
  const faults = inputs.flatMap((input) => {
    const tensor = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    return tensor ? tensorFaults(input, tensor) : [`input "${input.name}" ${expectation(input)} is missing`];
  });
  const known = new Set(inputs.map(({ name }) => name));
  for (const name of Object.keys(feeds))
    if (!known.has(name)) faults.push(`"${name}" is no input of the model, which has ${[...known].join(', ')}`);
  return [...faults, ...sampleCountFaults(feeds)];
}

function tensorFaults(input: ModelValue, { dtype, shape, data }: Tensor): string[] {
  const faults: string[] = [];
  const differs = shape.some((size, axis) => {
    const expected = input.shape[axis];
    return axis > 0 && typeof expected === 'number' && expected !== size;
  });
  if (dtype !== input.dtype || shape.length !== input.shape.length || differs)
    faults.push(`input "${input.name}" expects ${expectation(input)}, found ${dtype} ${formatShape(shape)}`);
  const carrier = tensorArrays[dtype];
  if (!(data instanceof carrier))
    faults.push(`input "${input.name}" is ${dtype}, which a ${carrier.name} carries, not a ${data.constructor.name}`);
  if (data.length !== elementCount(shape))
    faults.push(`input "${input.name}" of shape ${formatShape(shape)} carries ${data.length} elements`);
  return faults;
}

function sampleCountFaults(feeds: Readonly<Record<string, Tensor>>): string[] {
  const counts = Object.entries(feeds).filter(([, { shape }]) => shape.length > 0);
  if (new Set(counts.map(([, { shape }]) => shape[0])).size <= 1) return [];
  return [
    `the inputs differ in their number of samples: ${counts.map(([name, t]) => `${name} ${t.shape[0]}`).join(', ')}`,
  ];
}

function expectation({ dtype, shape }: ModelValue): string {
  return `${dtype} ${formatShape(shape)}`;
}
