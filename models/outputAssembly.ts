import type { Tensor } from '../run/tensor.js';
import { OutputMismatchError } from './errors.js';
import { formatShape, type ModelValue } from './modelSignature.js';
import { bytesOf, rowsOf, zeroTensor } from './tensorArrays.js';

/** Puts the outputs of micro-batches, which arrive in any order, together as the outputs of one run. */
export class OutputAssembly {
  readonly #modelName: string;
  readonly #declared: readonly ModelValue[];
  readonly #count: number;
  readonly #whole = new Map<string, Tensor>();

  /** @param count rows of the finished outputs. */
  constructor(modelName: string, declared: readonly ModelValue[], count: number) {
    this.#modelName = modelName;
    this.#declared = declared;
    this.#count = count;
  }

  /**
   * Places the first `rows` rows of a micro-batch from row `start`.
   *
   * @param fed rows that went through the model, which is what its outputs must have.
   * @throws OutputMismatchError when an output has another number of rows, or rows of another shape than before.
   */
  put(start: number, rows: number, fed: number, outputs: Readonly<Record<string, Tensor>>): void {
    const faults: string[] = [];
    for (const [name, part] of Object.entries(outputs)) {
      const { dtype, shape } = part;
      if (shape[0] !== fed) {
        faults.push(`output "${name}" must have one row a sample: ${fed} samples gave ${dtype} ${formatShape(shape)}`);
        continue;
      }
      const whole = this.#whole.get(name) ?? zeroTensor(dtype, [this.#count, ...shape.slice(1)]);
      this.#whole.set(name, whole);
      if (formatShape(whole.shape.slice(1)) !== formatShape(shape.slice(1)))
        faults.push(`output "${name}" changed from ${formatShape(whole.shape)} to rows of ${formatShape(shape)}`);
      else bytesOf(rowsOf(whole, start, rows)).set(bytesOf(rowsOf(part, 0, rows)));
    }
    if (faults.length > 0) throw new OutputMismatchError(this.#modelName, faults);
  }

  /** The outputs; where nothing was put, tensors without rows, dynamic dimensions being 0. */
  outputs(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#declared.map(({ name, dtype, shape }) => {
        const row = shape.slice(1).map((size) => (typeof size === 'number' ? size : 0));
        return [name, this.#whole.get(name) ?? zeroTensor(dtype, [0, ...row])];
      }),
    );
  }
}
