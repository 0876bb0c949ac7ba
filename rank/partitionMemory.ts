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
 * The memory of a rank's partitions. They arrive in chunks, and a chunk whose samples were inferred serves for what comes
 * next, of this partition or the following one; so an executor needs as much for a large partition as for a small one.
 */
export class PartitionMemory {
  readonly #pool = new ChunkPool(0);

  /** For a partition of which these arrays are read. */
  planFor(arrays: readonly ArrayInfo[]): StreamPlan {
    const bytes = arrays.reduce((sum, { shape, dtype }) => sum + elementCount(shape) * bytesPerElement[dtype], 0);
    this.#pool.limitBytes = Math.max(this.#pool.limitBytes, Math.min(bytes, mostBytesAhead));
    const share = Math.ceil(bytes / chunksPerPartition);
    return { memory: this.#pool, chunkBytes: Math.min(Math.max(share, leastChunkBytes), mostChunkBytes) };
  }
}
