import type { Dtype } from '../run/tensor.js';

/** One input or output of a model. A dimension is a size, the name of a dynamic one, or `null` for a nameless dynamic one. */
export interface ModelValue {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly (number | string | null)[];
}

/** What goes into a model and what comes out; the first axis of everything is the samples. */
export interface ModelSignature {
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
}

/** What cannot be fed sample by sample in a model, in words; empty for a usable one. */
export function signatureFaults({ inputs, outputs }: ModelSignature): string[] {
  const faults: string[] = [];
  for (const [kind, values] of [
    ['input', inputs],
    ['output', outputs],
  ] as const) {
    for (const { name, shape } of values)
      if (shape.length === 0) faults.push(`${kind} "${name}" is a scalar and has no axis of samples`);
    if (values.length === 0) faults.push(`the model has no ${kind}`);
  }
  const fixed = inputs.filter(({ shape }) => typeof shape[0] === 'number');
  if (new Set(fixed.map(({ shape }) => shape[0])).size > 1) {
    const sizes = fixed.map(({ name, shape }) => `"${name}" for ${shape[0]}`);
    faults.push(`its inputs were exported for different numbers of samples: ${sizes.join(', ')}`);
  }
  return faults;
}

/** The number of samples that a model exported without a dynamic first axis takes at a time; undefined if it takes any. */
export function fixedBatchSize({ inputs }: ModelSignature): number | undefined {
  for (const { shape } of inputs) if (typeof shape[0] === 'number') return shape[0];
  return undefined;
}

/** A shape for messages, such as `[N, 5, 32, 32]`. */
export function formatShape(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((size) => size ?? '?').join(', ')}]`;
}
