import type { FrameAllocator } from './packedFrame.js';

/**
 * Memory of long frames, used again when the other end has acknowledged them: fresh memory is cleared by the operating
 * system page by page, which takes as long as sending it.
 */
export class FrameMemory implements FrameAllocator {
  readonly #free = new Map<number, Buffer[]>();
  readonly #maxBytes: number;
  #keptBytes = 0;

  /** @param maxBytes how much is kept for the next frames. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  allocate(bytes: number): Buffer {
    const memory = this.#free.get(bytes)?.pop();
    if (!memory) return Buffer.allocUnsafeSlow(bytes);
    this.#keptBytes -= bytes;
    return memory;
  }

  recycle(memory: Buffer): void {
    if (this.#keptBytes + memory.length > this.#maxBytes) return;
    this.#keptBytes += memory.length;
    const same = this.#free.get(memory.length);
    if (same) same.push(memory);
    else this.#free.set(memory.length, [memory]);
  }
}
