/** Memory for the result, the same in every iteration, as an MPI program has it. A method without such may ignore it. */
export interface BenchResult<T> {
  readonly into: T;
}

/**
 * What a benchmark times: the operations of a communicator. A method of fewer operations (a bare relay, a store) leaves
 * out those it does not have.
 */
export interface BenchWorld {
  readonly rank: number;
  readonly worldSize: number;
  barrier(): Promise<void>;
  send(data: Buffer, to: number): Promise<void>;
  recv(from: number): Promise<unknown>;
  bcast?(data: Buffer | undefined, root: number, options: BenchResult<Buffer>): Promise<Buffer>;
  gather?(data: Buffer, root: number): Promise<Buffer[] | undefined>;
  scatter?(data: readonly Buffer[] | undefined, root: number): Promise<Buffer>;
  allgather?(data: Buffer): Promise<Buffer[]>;
  alltoall?(data: readonly Buffer[]): Promise<Buffer[]>;
  reduce?(data: Float32Array, operator: 'sum', root: number): Promise<Float32Array | undefined>;
  allreduce?(data: Float32Array, operator: 'sum', options: BenchResult<Float32Array>): Promise<Float32Array>;
  reduceScatter?(data: Float32Array, operator: 'sum'): Promise<Float32Array>;
  scan?(data: Float32Array, operator: 'sum'): Promise<Float32Array>;
  exscan?(data: Float32Array, operator: 'sum'): Promise<Float32Array | undefined>;
  close(): Promise<void>;
}
