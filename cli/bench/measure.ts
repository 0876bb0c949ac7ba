import { performance } from 'node:perf_hooks';
import type { BenchWorld } from './benchWorld.js';
import { type OperationName, operations, type PreparedOperation } from './operations.js';

/** What every rank is asked to time. */
export interface Measurement {
  readonly operation: OperationName;
  /** Size of a rank's message. */
  readonly bytes: number;
  readonly iterations: number;
  readonly warmUps: number;
}

/** Messages that the bandwidth test has under way at once (OSU's window), as long as they fit into `windowBytes`. */
const windowMessages = 64;
const windowBytes = 67_108_864;

const empty = Buffer.alloc(0);

/**
 * Times one operation at one rank in the form of the OSU micro-benchmarks.
 *
 * @returns microseconds: the mean over the iterations; for `latency` half a round trip, for `bandwidth` the time of one
 * message; undefined at ranks that take no part, and where the world does not have the operation.
 */
export async function measure(world: BenchWorld, measurement: Measurement): Promise<number | undefined> {
  const { operation, bytes } = measurement;
  if (operation === 'latency') return pingPong(world, measurement);
  if (operation === 'bandwidth') return stream(world, measurement);
  const prepared: PreparedOperation | undefined = operations[operation].prepare(world, bytes);
  return prepared && collectiveTime(world, prepared, measurement);
}

/** A barrier before each iteration; only the operation is timed. */
async function collectiveTime(
  world: BenchWorld,
  { run, check }: PreparedOperation,
  { operation, bytes, iterations, warmUps }: Measurement,
): Promise<number> {
  const fault = check(await run());
  if (fault !== undefined) throw new Error(`${operation} of ${bytes} bytes at rank ${world.rank} is wrong: ${fault}`);
  let totalMs = 0;
  for (let iteration = -warmUps; iteration < iterations; iteration++) {
    await world.barrier();
    const startMs = performance.now();
    await run();
    if (iteration >= 0) totalMs += performance.now() - startMs;
  }
  await world.barrier();
  return (totalMs / iterations) * 1000;
}

/** osu_latency: dt / (2 * iterations). */
async function pingPong(world: BenchWorld, { bytes, iterations, warmUps }: Measurement): Promise<number | undefined> {
  const message = Buffer.alloc(bytes, 1);
  await world.barrier();
  if (world.rank > 1) return undefined;
  const peer = 1 - world.rank;
  let startMs = performance.now();
  for (let iteration = -warmUps; iteration < iterations; iteration++) {
    if (iteration === 0) startMs = performance.now();
    if (world.rank === 0) await world.send(message, peer);
    await world.recv(peer);
    if (world.rank === 1) await world.send(message, peer);
  }
  return ((performance.now() - startMs) * 1000) / (2 * iterations);
}

/** osu_bw: rank 0 sends a window of messages, rank 1 answers the last one. */
async function stream(world: BenchWorld, { bytes, iterations, warmUps }: Measurement): Promise<number | undefined> {
  const message = Buffer.alloc(bytes, 1);
  const window = windowLength(bytes);
  await world.barrier();
  if (world.rank > 1) return undefined;
  const peer = 1 - world.rank;
  let startMs = performance.now();
  for (let iteration = -warmUps; iteration < iterations; iteration++) {
    if (iteration === 0) startMs = performance.now();
    const one: () => Promise<unknown> = world.rank === 0 ? () => world.send(message, peer) : () => world.recv(peer);
    await Promise.all(Array.from({ length: window }, one));
    if (world.rank === 0) await world.recv(peer);
    else await world.send(empty, peer);
  }
  return ((performance.now() - startMs) * 1000) / (iterations * window);
}

/** How often the time that `measure` gives goes into one iteration. */
export function timesPerIteration(operation: OperationName, bytes: number): number {
  if (operation === 'latency') return 2;
  return operation === 'bandwidth' ? windowLength(bytes) : 1;
}

function windowLength(bytes: number): number {
  return Math.max(1, Math.min(windowMessages, Math.floor(windowBytes / Math.max(1, bytes))));
}
