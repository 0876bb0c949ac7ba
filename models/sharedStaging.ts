import type { Tensor } from '../run/tensor.js';
import { bytesOf, tensorOver } from './tensorArrays.js';

/**
 * Makes tensors visible to a worker thread. What lies in shared memory already passes as it is; the rest is copied into
 * shared memory that the next call uses again, so a slot holds one micro-batch at most.
 */
export class SharedStaging {
  readonly #buffers = new Map<string, SharedArrayBuffer>();

  share(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, this.#shared(name, tensor)]));
  }

  #shared(name: string, tensor: Tensor): Tensor {
    if (tensor.data.buffer instanceof SharedArrayBuffer) return tensor;
    let buffer = this.#buffers.get(name);
    if (!buffer || buffer.byteLength < tensor.data.byteLength) {
      buffer = new SharedArrayBuffer(tensor.data.byteLength);
      this.#buffers.set(name, buffer);
    }
    const staged = tensorOver(tensor.dtype, tensor.shape, buffer);
    bytesOf(staged).set(bytesOf(tensor));
    return staged;
  }
}
