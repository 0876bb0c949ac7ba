import { MemoryPool } from './memoryPool.js';
import type { FrameAllocator } from './packedFrame.js';

/**
 * Memory of long frames, used again when the other end has acknowledged them: fresh memory is cleared by the operating
 * system page by page, which takes as long as sending it.
 */
export class FrameMemory implements FrameAllocator {
  readonly #pool: MemoryPool<Buffer>;

  /** @param maxBytes how much is kept for the next frames. */
  constructor(maxBytes: number) {
    this.#pool = new MemoryPool(maxBytes);
  }

  allocate(bytes: number): Buffer {
    return this.#pool.take(bytes) ?? Buffer.allocUnsafeSlow(bytes);
  }

  recycle(memory: Buffer): void {
    this.#pool.give(memory);
  }
}
