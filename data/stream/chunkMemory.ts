import { newBuffer } from '../storedArray.js';

/** Memory that pieces of partitions arrive in. */
export interface ChunkMemory {
  /**
   * Memory for `byteLength` bytes, starting at a multiple of 8; its content is anything.
   *
   * @param needed whether a consumer waits for what is to arrive there: such a request is always granted. One ahead of the
   * consumer may find nothing to spare.
   */
  take(byteLength: number, needed: true): Uint8Array;
  take(byteLength: number, needed: boolean): Uint8Array | undefined;
  /** Takes memory back that nobody looks at any more. */
  giveBack(bytes: Uint8Array): void;
}

/** New memory every time, left to the collector: for consumers who may look at a tensor for as long as they like. */
export class UnpooledMemory implements ChunkMemory {
  readonly #shared: boolean;

  constructor(shared: boolean) {
    this.#shared = shared;
  }

  take(byteLength: number): Uint8Array {
    return new Uint8Array(newBuffer(byteLength, this.#shared));
  }

  giveBack(): void {}
}

/** A free buffer serves for a piece of a quarter of its size; for a smaller one a new buffer is better, if it may be. */
const mostWaste = 4;

/**
 * Memory that is used again and again, shared with threads. What is taken ahead of consumers stays within a limit; without
 * it, and with buffers that wait for the collector, memory would grow with what is read.
 */
export class ChunkPool implements ChunkMemory {
  #limitBytes: number;
  readonly #free: Uint8Array[] = [];
  readonly #waiting = new Map<() => void, number>();
  #freeBytes = 0;
  #takenBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Sets another limit, and lets go of free buffers beyond it. */
  limitTo(bytes: number): void {
    this.#limitBytes = bytes;
    this.#makeRoom(0);
  }

  /** A pool of the same limit with the free buffers of this one; what is taken of this one never comes back to it. */
  successor(): ChunkPool {
    const next = new ChunkPool(this.#limitBytes);
    next.#free.push(...this.#free.splice(0));
    next.#freeBytes = this.#freeBytes;
    this.#freeBytes = 0;
    return next;
  }

  /** Bytes that are taken now. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Bytes that the pool has, taken or not. */
  get heldBytes(): number {
    return this.#takenBytes + this.#freeBytes;
  }

  take(byteLength: number, needed: true): Uint8Array;
  take(byteLength: number, needed: boolean): Uint8Array | undefined;
  take(byteLength: number, needed: boolean): Uint8Array | undefined {
    if (!needed && this.#takenBytes + byteLength > this.#limitBytes) return undefined;
    const buffer = this.#reuse(byteLength) ?? this.#allocate(byteLength);
    this.#takenBytes += buffer.length;
    return buffer.subarray(0, byteLength);
  }

  giveBack({ buffer }: Uint8Array): void {
    this.#takenBytes -= buffer.byteLength;
    this.#free.push(new Uint8Array(buffer));
    this.#freeBytes += buffer.byteLength;
    for (const [goOn, byteLength] of this.#waiting) {
      if (!this.#hasRoomFor(byteLength)) continue;
      this.#waiting.delete(goOn);
      goOn();
    }
  }

  /** Waits until so many bytes can be taken within the limit, or, where that is too small for them, until none are taken. */
  roomFor(byteLength: number): Promise<void> {
    if (this.#hasRoomFor(byteLength)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(resolve, byteLength));
  }

  #hasRoomFor(byteLength: number): boolean {
    return this.#takenBytes === 0 || this.#takenBytes + byteLength <= this.#limitBytes;
  }

  /** The smallest free buffer that fits, if it is not far too large, or if another one would be one too many. */
  #reuse(byteLength: number): Uint8Array | undefined {
    const fitting = this.#free.filter(({ length }) => length >= byteLength).sort((a, b) => a.length - b.length)[0];
    if (!fitting) return undefined;
    const isWasteful = fitting.length > mostWaste * byteLength;
    if (isWasteful && this.heldBytes + byteLength <= this.#limitBytes) return undefined;
    this.#drop(fitting);
    return fitting;
  }

  #allocate(byteLength: number): Uint8Array {
    this.#makeRoom(byteLength);
    return new Uint8Array(newBuffer(byteLength, true));
  }

  /** Lets go of free buffers, those first that were free the longest, until so many more bytes fit into the limit. */
  #makeRoom(byteLength: number): void {
    while (this.#free.length > 0 && this.heldBytes + byteLength > this.#limitBytes) this.#drop(this.#free[0]);
  }

  #drop(buffer: Uint8Array): void {
    this.#free.splice(this.#free.indexOf(buffer), 1);
    this.#freeBytes -= buffer.length;
  }
}
