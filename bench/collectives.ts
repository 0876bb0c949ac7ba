import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { disseminationBarrier } from '../collectives/algorithms/barrier.js';
import type { Communicator } from '../collectives/communicator.js';
import { type ConnectCommunicatorOptions, connectCommunicator } from '../collectives/connectCommunicator.js';
import { startRendezvous } from '../rendezvous/server.js';
import { signToken } from '../rendezvous/token.js';

// Latency of collectives over the relay, in the form of the OSU micro-benchmarks: every rank is a process of its own,
// a barrier goes before each operation, and the figure of a rank is the mean of its times; shown are the smallest, the
// mean and the largest over the ranks. The server has a process of its own too (this one).
//
//   npx tsx bench/collectives.ts [ranks ...]          2 4 8 by default

const secret = 'a secret for this benchmark only';
const sizes = [8, 1024, 65_536, 1_048_576];

/** Mean time of each operation at one rank, microseconds. */
type Times = Record<string, number>;

if (process.argv[2] === '--rank') await measure(JSON.parse(process.argv[3] ?? ''));
else await compare(process.argv.slice(2).map(Number));

async function compare(worldSizes: readonly number[]): Promise<void> {
  const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
  const worlds = worldSizes.length > 0 ? worldSizes : [2, 4, 8];
  const rows = new Map<string, string[]>();
  for (const worldSize of worlds) {
    const ranks = Array.from({ length: worldSize }, (_, rank) => startRank(server.url, rank, worldSize));
    const times = await Promise.all(ranks.map(timesOf));
    for (const operation of Object.keys(times[0] ?? {})) {
      const ofRanks = times.map((rank) => rank[operation] ?? Number.NaN);
      const mean = ofRanks.reduce((sum, time) => sum + time, 0) / worldSize;
      const cell = `${mean.toFixed(0)} (${Math.min(...ofRanks).toFixed(0)}-${Math.max(...ofRanks).toFixed(0)})`;
      rows.set(operation, [...(rows.get(operation) ?? []), cell]);
    }
  }
  await server.close();
  const table = new Table({
    head: ['us: mean (min-max) over ranks', ...worlds.map((worldSize) => `${worldSize} ranks`)],
    colAligns: ['left', ...worlds.map(() => 'right' as const)],
    style: { compact: true },
  });
  for (const [operation, cells] of rows) table.push([operation, ...cells]);
  process.stdout.write(`${table.toString()}\n`);
}

function startRank(url: string, rank: number, worldSize: number): ChildProcess {
  const identity = { runId: `bench-${worldSize}`, rank, worldSize, generation: 0 };
  const token = signToken(secret, { purpose: 'member', ...identity, expiresAtMs: Date.now() + 600_000 });
  const options: ConnectCommunicatorOptions = { ...identity, url, token, timeoutMs: 60_000 };
  return fork(fileURLToPath(import.meta.url), ['--rank', JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
}

async function timesOf(child: ChildProcess): Promise<Times> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`a rank ended with code ${code} before it had measured`);
  });
  const [times] = await Promise.race([once(child, 'message'), exited]);
  exited.catch(() => undefined);
  return times;
}

async function measure(options: ConnectCommunicatorOptions): Promise<void> {
  const world = await connectCommunicator(options);
  const times: Times = {
    'barrier (counted by the server)': await timeOf(world, 300, () => world.barrier()),
    'barrier (dissemination)': await timeOf(world, 300, () => disseminate(world)),
  };
  for (const size of sizes) {
    const data = new Float32Array(size / 4).fill(world.rank);
    const iterations = size > 100_000 ? 20 : 200;
    times[`bcast ${size} B`] = await timeOf(world, iterations, () => world.bcast(data, 0));
    times[`allreduce ${size} B`] = await timeOf(world, iterations, () => world.allreduce(data, 'sum'));
  }
  await world.close();
  process.send?.(times);
  process.disconnect();
}

/** The barrier that the relay does not use, over the same messages. */
async function disseminate(world: Communicator): Promise<void> {
  await disseminationBarrier({
    rank: world.rank,
    worldSize: world.worldSize,
    send: (to) => world.send(Buffer.alloc(0), to),
    receive: async (from) => ({ datatype: 0, bytes: await world.recv<Buffer>(from) }),
  });
}

async function timeOf(world: Communicator, iterations: number, operation: () => Promise<unknown>): Promise<number> {
  const warmUps = Math.ceil(iterations / 10);
  let totalMs = 0;
  for (let iteration = -warmUps; iteration < iterations; iteration++) {
    await world.barrier();
    const startMs = performance.now();
    await operation();
    if (iteration >= 0) totalMs += performance.now() - startMs;
  }
  return (totalMs / iterations) * 1000;
}
