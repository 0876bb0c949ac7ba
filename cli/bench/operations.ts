import type { BenchWorld } from './benchWorld.js';

/** One operation, ready to be called again and again. */
export interface PreparedOperation {
  run(): Promise<unknown> | undefined;
  /** What is wrong with a result; undefined when it is right. */
  check(result: unknown): string | undefined;
}

/** How an operation is timed, and what its size means. Sizes are per rank, as in the OSU micro-benchmarks. */
export interface BenchOperation {
  /** `pair`: only ranks 0 and 1 take part, and they time themselves. */
  readonly kind: 'collective' | 'pair';
  /** False for the barrier, which has no size. */
  readonly sized: boolean;
  /** Bytes that all ranks together hold at once. */
  memoryBytes(bytes: number, worldSize: number): number;
  /**
   * Bytes that cross the bus per byte of size, by nccl-tests' PERFORMANCE.md: 2(n-1)/n for allreduce; (n-1)/n of the
   * total for those where the total is n times a rank's share, which is n-1 shares; 1 for bcast and reduce.
   */
  busFactor(worldSize: number): number | undefined;
  /** Undefined when the world does not have the operation. */
  prepare(world: BenchWorld, bytes: number): PreparedOperation | undefined;
}

const elementBytes = Float32Array.BYTES_PER_ELEMENT;

function collective(
  prepare: BenchOperation['prepare'],
  memoryBytes: BenchOperation['memoryBytes'],
  busFactor: BenchOperation['busFactor'] = () => undefined,
): BenchOperation {
  return { kind: 'collective', sized: true, memoryBytes, busFactor, prepare };
}

const pair: BenchOperation = {
  kind: 'pair',
  sized: true,
  memoryBytes: (bytes) => 4 * bytes,
  busFactor: () => undefined,
  // Timed by `pairTime.ts`, which sends and receives by itself.
  prepare: () => ({ run: async () => undefined, check: () => undefined }),
};

const everyRankTwice = (bytes: number, worldSize: number) => 2 * bytes * worldSize;
const rootHasAll = (bytes: number, worldSize: number) => 3 * bytes * worldSize;
const everyRankHasAll = (bytes: number, worldSize: number) => 2 * bytes * worldSize * worldSize;
const shares = (worldSize: number) => worldSize - 1;
const one = () => 1;

/** The operations by the name under which they are asked for. */
export const operations = {
  latency: pair,
  bandwidth: pair,
  barrier: {
    kind: 'collective',
    sized: false,
    memoryBytes: () => 0,
    busFactor: () => undefined,
    prepare: (world) => ({ run: () => world.barrier(), check: () => undefined }),
  },
  bcast: collective(
    (world, bytes) => {
      const into = Buffer.alloc(bytes, world.rank === 0 ? 7 : 0);
      const own = world.rank === 0 ? into : undefined;
      return (
        world.bcast && {
          run: () => world.bcast?.(own, 0, { into }),
          check: (result) => checkBuffer(result, bytes, 7),
        }
      );
    },
    everyRankTwice,
    one,
  ),
  gather: collective(
    (world, bytes) => {
      const own = Buffer.alloc(bytes, world.rank);
      const isRoot = world.rank === 0;
      return (
        world.gather && {
          run: () => world.gather?.(own, 0),
          check: (result) => (isRoot ? checkParts(result, world.worldSize, bytes) : undefined),
        }
      );
    },
    rootHasAll,
    shares,
  ),
  scatter: collective(
    (world, bytes) => {
      const parts = Array.from({ length: world.worldSize }, (_, rank) => Buffer.alloc(bytes, rank));
      const own = world.rank === 0 ? parts : undefined;
      return (
        world.scatter && {
          run: () => world.scatter?.(own, 0),
          check: (result) => checkBuffer(result, bytes, world.rank),
        }
      );
    },
    rootHasAll,
    shares,
  ),
  allgather: collective(
    (world, bytes) => {
      const own = Buffer.alloc(bytes, world.rank);
      return (
        world.allgather && {
          run: () => world.allgather?.(own),
          check: (result) => checkParts(result, world.worldSize, bytes),
        }
      );
    },
    everyRankHasAll,
    shares,
  ),
  alltoall: collective(
    (world, bytes) => {
      const parts = Array.from({ length: world.worldSize }, () => Buffer.alloc(bytes, world.rank));
      return (
        world.alltoall && {
          run: () => world.alltoall?.(parts),
          check: (result) => checkParts(result, world.worldSize, bytes),
        }
      );
    },
    everyRankHasAll,
    shares,
  ),
  reduce: collective(
    (world, bytes) => {
      const own = contribution(world, bytes);
      const expected = world.rank === 0 ? rankSum(world.worldSize) : undefined;
      return (
        world.reduce && {
          run: () => world.reduce?.(own, 'sum', 0),
          check: (result) => (expected === undefined ? undefined : checkSum(result, own.length, expected)),
        }
      );
    },
    everyRankTwice,
    one,
  ),
  allreduce: collective(
    (world, bytes) => {
      const own = contribution(world, bytes);
      const into = own.slice();
      return (
        world.allreduce && {
          run: () => world.allreduce?.(own, 'sum', { into }),
          check: (result) => checkSum(result, own.length, rankSum(world.worldSize)),
        }
      );
    },
    everyRankTwice,
    (worldSize) => (2 * (worldSize - 1)) / worldSize,
  ),
  reduceScatter: collective(
    (world, bytes) => {
      // The size is that of the whole vector, as in osu_reduce_scatter; blocks are of one length.
      const own = new Float32Array(blockLength(bytes, world.worldSize) * world.worldSize).fill(world.rank + 1);
      return (
        world.reduceScatter && {
          run: () => world.reduceScatter?.(own, 'sum'),
          check: (result) => checkSum(result, own.length / world.worldSize, rankSum(world.worldSize)),
        }
      );
    },
    everyRankTwice,
    (worldSize) => (worldSize - 1) / worldSize,
  ),
  scan: collective((world, bytes) => {
    const own = contribution(world, bytes);
    return (
      world.scan && {
        run: () => world.scan?.(own, 'sum'),
        check: (result) => checkSum(result, own.length, rankSum(world.rank + 1)),
      }
    );
  }, everyRankTwice),
  exscan: collective((world, bytes) => {
    const own = contribution(world, bytes);
    return (
      world.exscan && {
        run: () => world.exscan?.(own, 'sum'),
        check: (result) => (world.rank === 0 ? undefined : checkSum(result, own.length, rankSum(world.rank))),
      }
    );
  }, everyRankTwice),
} as const satisfies Record<string, BenchOperation>;

export type OperationName = keyof typeof operations;

export const operationNames = Object.keys(operations) as OperationName[];

export const isOperationName = (name: string): name is OperationName => Object.hasOwn(operations, name);

/** Elements of one rank's block of a vector of `bytes`. */
export function blockLength(bytes: number, worldSize: number): number {
  return Math.max(1, Math.floor(bytes / elementBytes / worldSize));
}

const contribution = (world: BenchWorld, bytes: number) =>
  new Float32Array(Math.max(1, Math.floor(bytes / elementBytes))).fill(world.rank + 1);

/** 1 + 2 + ... + ranks: exact in float32 for every world that a benchmark has. */
const rankSum = (ranks: number) => (ranks * (ranks + 1)) / 2;

function checkBuffer(result: unknown, bytes: number, fill: number): string | undefined {
  if (!(result instanceof Uint8Array) || result.byteLength !== bytes) return `expected ${bytes} bytes`;
  if (bytes > 0 && (result[0] !== fill || result[bytes - 1] !== fill)) return `expected bytes of ${fill}`;
  return undefined;
}

function checkParts(result: unknown, worldSize: number, bytes: number): string | undefined {
  if (!Array.isArray(result) || result.length !== worldSize) return `expected ${worldSize} parts`;
  return result.map((part, rank) => checkBuffer(part, bytes, rank)).find((fault) => fault !== undefined);
}

function checkSum(result: unknown, length: number, expected: number): string | undefined {
  if (!(result instanceof Float32Array) || result.length !== length) return `expected ${length} elements`;
  const wrong = result.findIndex((element) => element !== expected);
  return wrong < 0 ? undefined : `element ${wrong} is ${result[wrong]} instead of ${expected}`;
}
