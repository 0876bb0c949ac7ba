import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { isOperationName, operationNames } from '../../cli/bench/operations.js';
import { compareContenders } from './comparison.js';
import { type ComparisonPlan, visitsOf } from './comparisonPlan.js';
import { ComparisonRecord } from './comparisonRecord.js';
import { timeTable } from './comparisonTable.js';
import { Contenders, contenderNames } from './contenders.js';
import { buildRankPrograms } from './rankPrograms.js';

// Inherited by the ranks, whose figures it would come between.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const parts = (text: string) => text.split(',').filter((part) => part !== '');

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError(`${text} is not a whole number above 0.`);
}

function positiveNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError(`${text} is not a number above 0.`);
}

const wholeNumbers = (text: string) => parts(text).map(wholeNumber);

const operationList = (text: string) =>
  parts(text).map((name) => {
    if (isOperationName(name)) return name;
    throw new InvalidArgumentError(`${name} is none of ${operationNames.join(', ')}.`);
  });

const contenderList = (text: string) =>
  parts(text).map((name) => {
    const match = contenderNames.find((candidate) => candidate === name);
    if (match) return match;
    throw new InvalidArgumentError(`${name} is none of ${contenderNames.join(', ')}.`);
  });

const options = new Command('compare.ts')
  .description(
    "Times Muster's channels beside OpenMPI over TCP, FMI's Redis method and a bare TCP relay, taking turns in one run. " +
      "Needs Debian's openmpi-bin, libopenmpi-dev and redis-server for those that are asked for.",
  )
  .option('--ranks <n,...>', 'numbers of ranks', wholeNumbers, [4, 2, 8, 16])
  .option('--ops <names,...>', `of ${operationNames.join(', ')}; default: all`, operationList, [...operationNames])
  .option('--sizes <bytes,...>', 'sizes of a rank', wholeNumbers, [8, 1024, 65_536, 1_048_576, 16_777_216, 67_108_864])
  .option(
    '--contenders <names,...>',
    `of ${contenderNames.join(', ')}; default: all but memory`,
    contenderList,
    contenderNames.filter((name) => name !== 'memory'),
  )
  .option('--rounds <n>', 'turns of each contender at each case', wholeNumber, 3)
  .option('--budget-ms <n>', 'time for the iterations of one figure', wholeNumber, 200)
  .option('--goal-budget-ms <n>', 'the same for the contenders of a goal, in its cases', wholeNumber, 2000)
  .option('--case-seconds <n>', 'time that one contender may take for one case', positiveNumber, 30)
  .option('--limit-minutes <n>', 'ends after so many minutes with what it has until then', positiveNumber, 60)
  .option('--out <file>', 'record of what was measured; when it is there, only what is missing is measured and added')
  .addHelpText(
    'after',
    `
Examples:
  npx tsx bench/collectives/compare.ts --ranks 4 --ops allreduce,barrier --sizes 8,1048576 --contenders direct,openmpi
  npx tsx bench/collectives/compare.ts --limit-minutes 20 --out bench/results/collectives.json
  npx tsx bench/collectives/document.ts bench/results/collectives.json          writes it into docs/`,
  )
  .parse()
  .opts();

const plan: ComparisonPlan = {
  contenders: options.contenders,
  worldSizes: options.ranks,
  operations: options.ops,
  sizes: options.sizes.sort((a, b) => a - b),
  rounds: options.rounds,
  budget: { budgetMs: options.budgetMs, minIterations: 2, maxIterations: 10_000 },
  goalBudget: { budgetMs: options.goalBudgetMs, minIterations: 2, maxIterations: 100_000 },
  caseLimitMs: options.caseSeconds * 1000,
  memoryLimitBytes: 4 * 2 ** 30,
};
if (options.out) await mkdir(dirname(options.out), { recursive: true });
const record = await ComparisonRecord.open(options.out, {
  rounds: plan.rounds,
  budgetMs: plan.budget.budgetMs,
  goalBudgetMs: plan.goalBudget.budgetMs,
  plannedCases: visitsOf(plan).reduce((sum, { cases }) => sum + cases.length, 0),
});

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));
const { signal } = stop;
// A timer of its own: AbortSignal.any lets go of a timeout that nothing else holds.
const limit = setTimeout(
  () => stop.abort(new Error(`its ${options.limitMinutes} minutes are over`)),
  options.limitMinutes * 60_000,
);

// Inside the package, where the built programs find its packages.
const scratch = fileURLToPath(new URL('../../dist/bench', import.meta.url));
await mkdir(scratch, { recursive: true });
const folder = await mkdtemp(join(scratch, 'collectives-'));
const startMs = performance.now();
const started = { date: new Date().toISOString(), load: loadavg()[0] ?? 0 };
let contenders: Contenders | undefined;
try {
  contenders = new Contenders(folder, await buildRankPrograms(folder), signal);
  const note = (line: string) => {
    const seconds = Math.round((performance.now() - startMs) / 1000);
    process.stderr.write(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} ${line}\n`);
  };
  const measured = await compareContenders(contenders, plan, record, note, signal);
  await record.addSession({
    date: started.date,
    minutes: (performance.now() - startMs) / 60_000,
    cases: measured,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    others: await contenders.versions(),
    loadBefore: started.load,
    loadAfter: loadavg()[0] ?? 0,
    command: `npx tsx bench/collectives/compare.ts ${process.argv.slice(2).join(' ')}`.trim(),
  });
  process.stdout.write(`${timeTable(record.rows)}\n`);
} finally {
  clearTimeout(limit);
  await contenders?.close();
  await rm(folder, { recursive: true, force: true });
}
