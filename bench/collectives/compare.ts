import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isOperationName, operationNames } from '../../cli/bench/operations.js';
import { compareContenders } from './comparison.js';
import { comparisonTable } from './comparisonTable.js';
import { Contenders, contenderNames } from './contenders.js';
import { buildRankPrograms } from './rankPrograms.js';

// Times Muster's channels beside OpenMPI over TCP, FMI's Redis method and a bare TCP relay, taking turns in one run.
// Needs Debian's openmpi-bin, libopenmpi-dev and redis-server for those that are asked for.
//
//   npx tsx bench/collectives/compare.ts --ranks 4 --ops allreduce,bcast,barrier --sizes 8,1024,65536,1048576
//   npx tsx bench/collectives/compare.ts --out bench/results/collectives.json     everything, for docs/collectives.md

const defaults = {
  ranks: '2,4,8,16',
  ops: operationNames.join(','),
  sizes: '8,1024,65536,1048576,16777216,67108864',
  contenders: contenderNames.filter((name) => name !== 'memory').join(','),
  rounds: '3',
  'budget-ms': '300',
  'limit-s': '3600',
};

const { values } = parseArgs({
  options: {
    ranks: { type: 'string', default: defaults.ranks },
    ops: { type: 'string', default: defaults.ops },
    sizes: { type: 'string', default: defaults.sizes },
    contenders: { type: 'string', default: defaults.contenders },
    rounds: { type: 'string', default: defaults.rounds },
    'budget-ms': { type: 'string', default: defaults['budget-ms'] },
    'limit-s': { type: 'string', default: defaults['limit-s'] },
    out: { type: 'string' },
  },
});

const list = (text: string) => text.split(',').filter((part) => part !== '');
const numbers = (name: string, text: string) =>
  list(text).map((part) => {
    const number = Number(part);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name}: ${part} is not a whole number above 0`);
    return number;
  });
const namesOf = <T extends string>(name: string, text: string, known: readonly T[]): T[] =>
  list(text).map((part) => {
    const match = known.find((candidate) => candidate === part);
    if (!match) throw new Error(`--${name}: ${part} is none of ${known.join(', ')}`);
    return match;
  });

const plan = {
  contenders: namesOf('contenders', values.contenders, contenderNames),
  worldSizes: numbers('ranks', values.ranks),
  operations: list(values.ops).map((name) => {
    if (!isOperationName(name)) throw new Error(`--ops: ${name} is none of ${operationNames.join(', ')}`);
    return name;
  }),
  sizes: numbers('sizes', values.sizes),
  rounds: numbers('rounds', values.rounds)[0] ?? 1,
  budget: { budgetMs: numbers('budget-ms', values['budget-ms'])[0] ?? 300, minIterations: 3, maxIterations: 1000 },
  memoryLimitBytes: 4 * 2 ** 30,
};

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));
const { signal } = stop;
// A timer of its own: AbortSignal.any lets go of a timeout that nothing else holds.
const limitMs = (numbers('limit-s', values['limit-s'])[0] ?? 0) * 1000;
const limit = setTimeout(() => stop.abort(new Error(`it took longer than ${values['limit-s']} s`)), limitMs);

// Inside the package, where the built programs find its packages.
const scratch = fileURLToPath(new URL('../../dist/bench', import.meta.url));
await mkdir(scratch, { recursive: true });
const folder = await mkdtemp(join(scratch, 'collectives-'));
const loadBefore = loadavg();
let contenders: Contenders | undefined;
try {
  contenders = new Contenders(folder, await buildRankPrograms(folder), signal);
  const note = (line: string) => process.stderr.write(`${line}\n`);
  const rows = await compareContenders(contenders, plan, note, signal);
  const machine = {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    others: await contenders.versions(),
    loadBefore: loadBefore[0] ?? 0,
    loadAfter: loadavg()[0] ?? 0,
    command: `npx tsx bench/collectives/compare.ts ${process.argv.slice(2).join(' ')}`
      .replace(/ --out[ =]\S+/, '')
      .trim(),
  };
  process.stdout.write(`${comparisonTable(rows)}\n`);
  if (values.out) await writeFile(values.out, `${JSON.stringify({ machine, rounds: plan.rounds, rows }, null, 1)}\n`);
} finally {
  clearTimeout(limit);
  await contenders?.close();
  await rm(folder, { recursive: true, force: true });
}
