import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { Communicator } from '../collectives/communicator.js';
import { RelayChannel } from '../collectives/relayChannel.js';
import { treeReducer } from '../collectives/treeReducer.js';
import { startRendezvous } from '../rendezvous/server.js';
import { signToken } from '../rendezvous/token.js';

/*
 * Whether the server should put arrays together, or only pass on what the ranks send each other: an allreduce over two
 * servers of which one reduces. Ranks are processes; the two take turns. A figure is the median over the turns of the
 * slowest rank's mean time.
 *
 *   npx tsx bench/servedReductions.ts [ranks ...]     2 4 8 by default
 */

const secret = 'a secret for this benchmark only';
const sizes = [8, 1024, 65_536, 1_048_576, 8_388_608];
const turns = 5;
/** Time for one of the two in one turn, ms. */
const turnMs = 60;

interface Place {
  readonly urls: readonly string[];
  readonly rank: number;
  readonly worldSize: number;
}

if (process.argv[2] === '--rank') await measure(JSON.parse(process.argv[3] ?? ''));
else await compare(process.argv.slice(2).map(Number));

async function compare(asked: readonly number[]): Promise<void> {
  const options = { host: '127.0.0.1', port: 0, secret };
  const servers = [await startRendezvous({ ...options, reducer: treeReducer }), await startRendezvous(options)];
  const urls = servers.map(({ url }) => url);
  const table = new Table({ head: ['ranks', 'bytes', 'at the server, us', 'by the ranks, us', 'ratio'] });
  for (const worldSize of asked.length > 0 ? asked : [2, 4, 8]) {
    const ranks = Array.from({ length: worldSize }, (_, rank) => startRank({ urls, rank, worldSize }));
    const [times] = await Promise.all(ranks.map(timesOf));
    for (const [index, [served = 0, own = 0] = []] of (times ?? []).entries()) {
      table.push([worldSize, sizes[index] ?? 0, served.toFixed(0), own.toFixed(0), (served / own).toFixed(2)]);
    }
  }
  await Promise.all(servers.map((server) => server.close()));
  process.stdout.write(`${table.toString()}\n`);
}

function startRank(place: Place): ChildProcess {
  return fork(fileURLToPath(import.meta.url), ['--rank', JSON.stringify(place)], { execArgv: ['--import', 'tsx'] });
}

async function timesOf(child: ChildProcess): Promise<number[][]> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`a rank ended with code ${code} before it had measured`);
  });
  const [times] = await Promise.race([once(child, 'message'), exited]);
  exited.catch(() => undefined);
  return times;
}

async function measure({ urls, rank, worldSize }: Place): Promise<void> {
  process.on('disconnect', () => process.exit());
  const identity = { runId: `served-${worldSize}`, rank, worldSize, generation: 0 };
  const token = signToken(secret, { purpose: 'member', ...identity, expiresAtMs: Date.now() + 600_000 });
  const connect = async (url: string) =>
    new Communicator(await RelayChannel.connect({ ...identity, url, token, timeoutMs: 60_000 }));
  const worlds = await Promise.all(urls.map(connect));
  const times: number[][] = [];
  for (const bytes of sizes) {
    const samples = worlds.map((): number[] => []);
    for (let turn = 0; turn < turns; turn++) {
      for (const [index, world] of worlds.entries()) samples[index]?.push(await timeOf(world, bytes));
    }
    times.push(samples.map(median));
  }
  await Promise.all(worlds.map((world) => world.close()));
  process.send?.(times);
  process.disconnect();
}

/** Mean time of the slowest rank, microseconds. */
async function timeOf(world: Communicator, bytes: number): Promise<number> {
  const data = new Float32Array(bytes / Float32Array.BYTES_PER_ELEMENT).fill(1);
  const into = data.slice();
  const onceMs = await timed(world, data, into, 2);
  const iterations = Math.max(2, Math.min(200, Math.round(turnMs / onceMs)));
  return (await timed(world, data, into, iterations)) * 1000;
}

async function timed(world: Communicator, data: Float32Array, into: Float32Array, iterations: number): Promise<number> {
  let totalMs = 0;
  for (let iteration = 0; iteration < iterations; iteration++) {
    await world.barrier();
    const startMs = performance.now();
    await world.allreduce(data, 'sum', { into });
    totalMs += performance.now() - startMs;
  }
  return world.allreduce(totalMs / iterations, 'max');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
