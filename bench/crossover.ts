import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Crossover, crossover, parseCrossover } from '../collectives/algorithms/crossover.js';
import { Communicator } from '../collectives/communicator.js';
import { DirectChannel } from '../collectives/direct/directChannel.js';
import { RelayChannel } from '../collectives/relayChannel.js';
import { startRendezvous } from '../rendezvous/server.js';
import { signToken } from '../rendezvous/token.js';
import { type Band, interpolated, type SizeRule, sizeRules, type WorldRule, worldRules } from './crossoverRules.js';

/*
 * Measures at which sizes the algorithms of each operation give way to one another, and writes the table that the
 * communicator chooses by, `collectives/algorithms/crossover.json`. Ranks are processes; the algorithms take turns, so that
 * all see the same machine; a figure is the median over the turns of the slowest rank's mean time. World sizes in
 * between are interpolated (`crossoverRules.ts`).
 *
 *   npx tsx bench/crossover.ts [--print] [--relay] [ranks ...]     2 4 8 16 by default
 *
 * --print leaves the table as it is; --relay measures through the server instead of over direct links.
 */

const secret = 'a secret for this benchmark only';
const turns = 4;
/** Time for one algorithm in one turn, ms. */
const turnMs = 20;
/** The first after another algorithm had its turn finds links and memory cold. */
const minIterations = 4;
const sizes = Array.from({ length: 8 }, (_, step) => 1024 * 4 ** step);
/** Operations that a compiler wants to see before it does its best. */
const warmUps = 500;
/** What all ranks hold together of an allgather; longer ones are left out. */
const maxGatheredBytes = 2 ** 30;
/**
 * Beyond, a broadcast takes the chain, whatever was measured: ranks that share the processors of one machine cannot show
 * what it is for, that each passes a piece on while it takes in the next. Between machines the tree brings the whole
 * message log2 n times over.
 */
const maxTreeBytes = 1_048_576;
/** Beyond this world size not every rank should need a link to every other. */
const maxPairwiseWorld = 16;

/** Algorithms in the order in which they take over; the large worlds of the others cannot be measured on one machine. */
const contests = {
  bcast: ['binomial', 'chain'],
  reduce: ['tree', 'pairwise', 'halving'],
  allreduce: ['tree', 'pairwise', 'halving'],
  reduceScatter: ['tree', 'pairwise', 'halving'],
  scan: ['doubling', 'chain'],
  allgather: ['bruck', 'ring'],
} as const;
type Contest = keyof typeof contests;

const contestNames = ['bcast', 'reduce', 'allreduce', 'reduceScatter', 'scan', 'allgather'] as const;

/** Microseconds of each algorithm at each size, by operation. */
type Times = Record<Contest, Record<string, number>[]>;

const operations: Record<Contest, (world: Communicator, data: Float32Array, into: Float32Array) => Promise<unknown>> = {
  bcast: (world, data, into) => world.bcast(world.rank === 0 ? data : undefined, 0, { into }),
  reduce: (world, data) => world.reduce(data, 'sum', 0),
  allreduce: (world, data, into) => world.allreduce(data, 'sum', { into }),
  reduceScatter: (world, data) => world.reduceScatter(data, 'sum'),
  scan: (world, data) => world.scan(data, 'sum'),
  allgather: (world, data) => world.allgather(data),
};

if (process.argv[2] === '--rank') await measure(JSON.parse(process.argv[3] ?? ''));
else await writeTable(process.argv.slice(2));

async function writeTable(args: readonly string[]): Promise<void> {
  const given = args.filter((arg) => !arg.startsWith('-')).map(Number);
  const worldSizes = given.length > 0 ? given : [2, 4, 8, 16];
  const relay = args.includes('--relay');
  const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
  const bands = new Map<Contest, Band[]>(contestNames.map((name) => [name, []]));
  for (const worldSize of worldSizes) {
    const ranks = Array.from({ length: worldSize }, (_, rank) =>
      startRank({ url: server.url, rank, worldSize, relay }),
    );
    const [times] = await Promise.all(ranks.map(timesOf));
    for (const name of contestNames) {
      const rows = times?.[name] ?? [];
      for (const [index, row] of rows.entries()) {
        const cells = Object.entries(row).map(([algorithm, us]) => `${algorithm} ${us.toFixed(0)}`);
        process.stdout.write(`${worldSize} ranks, ${name} ${sizes[index]} B: ${cells.join(', ')} us\n`);
      }
      bands.get(name)?.push({ worldSize, rules: sizeRules(rows, sizes, contests[name]) });
    }
  }
  await server.close();
  const measured = Object.fromEntries([...bands].map(([name, measuredBands]) => [name, tableOf(measuredBands, name)]));
  const table = parseCrossover({ ...crossover, ...measured, bcast: bcastRules(bands.get('bcast') ?? []) });
  process.stdout.write(`${JSON.stringify(table, null, 2)}\n`);
  if (args.includes('--print')) return;
  const file = fileURLToPath(new URL('../collectives/algorithms/crossover.json', import.meta.url));
  writeFileSync(file, `${JSON.stringify(table, null, 2)}\n`);
  execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' });
}

/** Beyond the largest world that was measured its rules hold, but for those that need a link to every rank. */
function tableOf(measured: readonly Band[], name: Contest): WorldRule[] {
  const bands = interpolated(measured);
  const last = bands.at(-1);
  if (!last) throw new Error('no world size was measured');
  const alternatives: readonly string[] = contests[name];
  if (!alternatives.includes('halving')) return worldRules(bands.slice(0, -1), last.rules);
  const large = last.rules.map((rule) => (rule.algorithm === 'pairwise' ? { ...rule, algorithm: 'halving' } : rule));
  return worldRules([...bands.slice(0, -1), { ...last, worldSize: maxPairwiseWorld }], large);
}

/** The tree up to where it was the better one in every world that was measured, and up to `maxTreeBytes` at most. */
function bcastRules(measured: readonly Band[]): SizeRule[] {
  const ends = measured.map(({ rules: [first] }) =>
    first?.algorithm === 'chain' ? 0 : (first?.maxBytes ?? maxTreeBytes),
  );
  const maxBytes = Math.min(maxTreeBytes, ...ends);
  return [{ algorithm: 'binomial', maxBytes }, { algorithm: 'chain' }];
}

interface Place {
  readonly url: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly relay: boolean;
}

function startRank(place: Place): ChildProcess {
  return fork(fileURLToPath(import.meta.url), ['--rank', JSON.stringify(place)], { execArgv: ['--import', 'tsx'] });
}

async function timesOf(child: ChildProcess): Promise<Times> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`a rank ended with code ${code} before it had measured`);
  });
  const [times] = await Promise.race([once(child, 'message'), exited]);
  exited.catch(() => undefined);
  return times;
}

/** One communicator for each place in the order of the algorithms, with tables of that algorithm alone. */
async function measure(place: Place): Promise<void> {
  process.on('disconnect', () => process.exit());
  const worlds = await Promise.all([0, 1, 2].map((turn) => connect(place, turn)));
  const times: Times = { bcast: [], reduce: [], allreduce: [], reduceScatter: [], scan: [], allgather: [] };
  for (const name of contestNames) await warmUp(worlds, name);
  for (const name of contestNames) {
    for (const bytes of sizes) {
      const isFitting = name !== 'allgather' || bytes * place.worldSize ** 2 <= maxGatheredBytes;
      if (isFitting) times[name].push(await contest(worlds, name, bytes));
    }
  }
  await Promise.all(worlds.map((world) => world.close()));
  process.send?.(times);
  process.disconnect();
}

async function connect({ url, rank, worldSize, relay }: Place, turn: number): Promise<Communicator> {
  const identity = { runId: `crossover-${worldSize}-${turn}`, rank, worldSize, generation: 0 };
  const token = signToken(secret, { purpose: 'member', ...identity, expiresAtMs: Date.now() + 600_000 });
  const options = { ...identity, url, token, timeoutMs: 60_000 };
  const channel = await (relay ? RelayChannel.connect(options) : DirectChannel.connect(options));
  const only = contestNames.map((name) => [name, [{ algorithm: contests[name][turn] ?? contests[name][0] }]]);
  const table: Crossover = parseCrossover({ ...crossover, ...Object.fromEntries(only) });
  return new Communicator(channel, { crossover: table });
}

async function warmUp(worlds: readonly Communicator[], name: Contest): Promise<void> {
  const [data, into] = [new Float32Array(256), new Float32Array(256)];
  for (const world of worlds.slice(0, contests[name].length)) {
    for (let call = 0; call < warmUps; call++) await operations[name](world, data, into);
  }
}

async function contest(worlds: readonly Communicator[], name: Contest, bytes: number): Promise<Record<string, number>> {
  const data = new Float32Array(bytes / 4).fill(1);
  const into = new Float32Array(data.length);
  const samples = contests[name].map((): number[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, list] of samples.entries()) {
      const world = worlds[index];
      if (world) list.push(await timeOf(world, () => operations[name](world, data, into)));
    }
  }
  return Object.fromEntries(contests[name].map((algorithm, index) => [algorithm, median(samples[index] ?? [])]));
}

/** Mean time of the slowest rank, microseconds. */
async function timeOf(world: Communicator, operation: () => Promise<unknown>): Promise<number> {
  const onceMs = await timed(world, operation, 1);
  const iterations = Math.max(minIterations, Math.min(200, Math.round(turnMs / onceMs)));
  return (await timed(world, operation, iterations)) * 1000;
}

async function timed(world: Communicator, operation: () => Promise<unknown>, iterations: number): Promise<number> {
  let totalMs = 0;
  for (let iteration = 0; iteration < iterations; iteration++) {
    await world.barrier();
    const startMs = performance.now();
    await operation();
    totalMs += performance.now() - startMs;
  }
  return world.allreduce(totalMs / iterations, 'max');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
