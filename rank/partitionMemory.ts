import { type ArrayInfo, ChunkPool } from '../data/index.js';
import { bytesPerElement, elementCount } from '../run/tensor.js';

const MIB = 1024 * 1024;
/** How far reading runs ahead, at most: a second of a 250 Mbit/s network, or of the inference of 1,600 galaxies. */
const mostBytesAhead = 32 * MIB;
/** The bytes that one request fetches: fewer of a small partition, so that its memory comes free piece by piece. */
const [leastChunkBytes, mostChunkBytes, chunksPerPartition] = [1 * MIB, 4 * MIB, 4];

/** How the arrays of one partition are to be streamed. */
export interface StreamPlan {
  readonly memory: ChunkPool;
  readonly chunkBytes: number;
}

/**
 * The memory of an executor's partitions. They arrive in chunks, and a chunk whose samples were inferred serves for what
 * comes next: of this partition, of the following one, of the next attempt in the same environment. So an executor needs
 * as much for a large partition as for a small one, and no more the longer it lives.
 */
export class PartitionMemory {
  #pool = new ChunkPool(0);
  /** The largest limit that a partition of this attempt has called for. */
  #limitBytes = 0;

  /** Begins anew, with what earlier attempts left. */
  beginAttempt(): void {
    this.#pool = this.#pool.successor();
    this.#limitBytes = 0;
  }

  /**
   * For a partition of which these arrays are read, `batchSize` samples at a time. A partition of a few large batches gives
   * nothing back until a batch is through, so there one batch more may be held: else the next one could not arrive meanwhile.
   */
  planFor(arrays: readonly ArrayInfo[], batchSize: number): StreamPlan {
    const bytes = arrays.reduce((sum, { shape, dtype }) => sum + elementCount(shape) * bytesPerElement[dtype], 0);
    const batches = Math.max(1, (arrays[0]?.shape[0] ?? 0) / batchSize);
    const batchAheadBytes = batches < chunksPerPartition ? Math.ceil(bytes / batches) : 0;
    const limitBytes = Math.min(bytes, mostBytesAhead) + Math.min(batchAheadBytes, mostBytesAhead);
    if (limitBytes > this.#limitBytes) {
      this.#limitBytes = limitBytes;
      this.#pool.limitTo(limitBytes);
    }
    const share = Math.ceil(bytes / chunksPerPartition);
    return { memory: this.#pool, chunkBytes: Math.min(Math.max(share, leastChunkBytes), mostChunkBytes) };
  }
}
