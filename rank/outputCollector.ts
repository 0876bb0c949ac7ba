import type { ModelValue } from '../models/modelSignature.js';
import { bytesOf, zeroTensor } from '../models/tensorArrays.js';
import type { Tensor } from '../run/tensor.js';

/** Puts the outputs of batches together, in sample order, one tensor an output. */
export class OutputCollector {
  readonly #outputs: readonly ModelValue[];
  readonly #samples: number;
  readonly #collected = new Map<string, Tensor>();

  constructor(outputs: readonly ModelValue[], samples: number) {
    this.#outputs = outputs;
    this.#samples = samples;
  }

  /** @param start index of the batch's first sample */
  put(start: number, outputs: Readonly<Record<string, Tensor>>): void {
    for (const { name } of this.#outputs) {
      const batch = outputs[name];
      const rows = bytesOf(batch);
      const all = bytesOf(this.#collected.get(name) ?? this.#allocate(name, batch));
      all.set(rows, start * (rows.length / batch.shape[0]));
    }
  }

  /** Every output of the model; one that no batch came for has no samples. */
  outputs(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#outputs.map(({ name, dtype }) => [name, this.#collected.get(name) ?? zeroTensor(dtype, [0])]),
    );
  }

  #allocate(name: string, like: Tensor): Tensor {
    const collected = zeroTensor(like.dtype, [this.#samples, ...like.shape.slice(1)]);
    this.#collected.set(name, collected);
    return collected;
  }
}
