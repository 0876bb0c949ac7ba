import { dealPartitions } from '../../run/dealing.js';
import { NoPlanError } from '../errors.js';
import type { ForecastConstants } from '../forecast/constants.js';
import { type Forecast, type ForecastInput, forecastRun } from '../forecast/forecastRun.js';
import type { RankWork } from '../forecast/rankTime.js';
import { type RunLimits, type Simulation, type SimulationOptions, simulateRun } from './simulateRun.js';

/** Tried sizes of a partition, in MB of 2^20 bytes. */
const partitionSizesMb = [5, 10, 25, 50, 75, 100, 200];
/** Tried sizes of an executor: whole vCPUs, and the largest. */
const memorySizesMb = [1_769, 3_538, 5_307, 7_076, 10_240];
/** Children of a Distributed Map. */
const mostRanks = 10_000;
/** So sure a plan must be. */
const wantedShare = 0.95;
/** Ranks of all replications of all plans that may be simulated: seconds, not minutes. */
const mostSimulatedRanks = 10_000_000;

/** One way to run the job. */
export interface PlanShape {
  readonly partitionMb: number;
  readonly partitions: number;
  readonly memoryMb: number;
  readonly worldSize: number;
}

export interface Plan extends PlanShape {
  readonly forecast: Forecast;
  readonly simulation: Simulation;
}

export interface PlanQuestion {
  readonly bytes: number;
  readonly samples: number;
  readonly limits: RunLimits;
  /** Seconds that an attempt may take. */
  readonly timeoutS: number;
  readonly simulation: Omit<SimulationOptions, 'limits' | 'neededShare'>;
  /** Ranks of all simulated replications, after which no further plan is looked at; ten million by default. */
  readonly mostSimulatedRanks?: number;
  /** What a run of that shape starts from; undefined when it cannot be. */
  readonly inputOf: (ranks: readonly RankWork[], memoryMb: number) => ForecastInput | undefined;
}

interface Candidate {
  readonly shape: PlanShape;
  readonly input: ForecastInput;
  readonly forecast: Forecast;
}

/**
 * Finds the cheapest plan that keeps to a deadline, or, with a budget alone, the fastest that keeps to it: every shape is
 * forecast, and the best are simulated in their order until one keeps to the limits in 95 % of the replications. A plan is
 * given up as soon as it cannot do so any more, and the search when it has simulated ten million ranks.
 *
 * @returns an iterator that yields after each step, so that a caller can show progress, and returns the plan.
 * @throws NoPlanError
 */
export function* choosePlan(question: PlanQuestion, constants: ForecastConstants): Generator<string, Plan> {
  const { limits, timeoutS, simulation: options, mostSimulatedRanks: most = mostSimulatedRanks } = question;
  const candidates: Candidate[] = [];
  for (const shape of shapesOf(question.bytes)) {
    const input = question.inputOf(workOf(shape, question), shape.memoryMb);
    if (!input) continue;
    const forecast = forecastRun(input, constants);
    if (forecast.longestExecutorS <= timeoutS) candidates.push({ shape, input, forecast });
    yield `${candidates.length} plans forecast`;
  }
  const wanted = limits.deadlineS === undefined ? fastest : cheapest;
  const promising = candidates.filter(({ forecast }) => keeps(forecast, limits)).sort(wanted);
  let simulatedRanks = 0;
  for (const [tried, { shape, input, forecast }] of promising.entries()) {
    if (simulatedRanks >= most) {
      throw new NoPlanError(wordsOf(limits), `${givenUp(tried, promising.length)} ${nearestOf(candidates)}`);
    }
    yield `${tried} plans simulated`;
    const simulation = yield* quietly(
      simulateRun(input, constants, { ...options, limits, neededShare: wantedShare }),
      `${tried} plans simulated`,
    );
    if (simulation.keptShare >= wantedShare) return { ...shape, forecast, simulation };
    simulatedRanks += shape.worldSize * simulation.replications;
  }
  throw new NoPlanError(wordsOf(limits), nearestOf(candidates));
}

function* quietly<T>(steps: Generator<number, T>, words: string): Generator<string, T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield words;
  }
}

function* shapesOf(bytes: number): Generator<PlanShape> {
  for (const partitionMb of partitionSizesMb) {
    const partitions = Math.ceil(bytes / (partitionMb * 2 ** 20));
    const worldSizes = [1, 2, 4, 8].map((each) => Math.ceil(partitions / each));
    for (const worldSize of new Set(worldSizes.filter((size) => size <= mostRanks))) {
      for (const memoryMb of memorySizesMb) yield { partitionMb, partitions, memoryMb, worldSize };
    }
  }
}

/** What each rank of a plan has to do: equal partitions, dealt as Initialize deals them. */
export function workOf(
  { partitions, worldSize }: Pick<PlanShape, 'partitions' | 'worldSize'>,
  { bytes, samples }: Pick<PlanQuestion, 'bytes' | 'samples'>,
): RankWork[] {
  return dealPartitions(partitions, worldSize).map(({ count }) => ({
    partitions: count,
    bytes: (bytes * count) / partitions,
    samples: (samples * count) / partitions,
  }));
}

const cheapest = (left: Candidate, right: Candidate): number =>
  left.forecast.bill.totalUsd - right.forecast.bill.totalUsd;
const fastest = (left: Candidate, right: Candidate): number => left.forecast.wallS - right.forecast.wallS;

const keeps = ({ wallS, bill }: Forecast, { deadlineS = Infinity, budgetUsd = Infinity }: RunLimits): boolean =>
  wallS <= deadlineS && bill.totalUsd <= budgetUsd;

const wordsOf = ({ deadlineS, budgetUsd }: RunLimits): string =>
  [
    ...(deadlineS === undefined ? [] : [`ends within ${deadlineS} s`]),
    ...(budgetUsd === undefined ? [] : [`costs at most ${budgetUsd} USD`]),
  ].join(' and ');

const givenUp = (tried: number, promising: number): string =>
  `The search stopped after ${tried} of ${promising} plans that could do, because their simulation had taken its share of time; fewer --replications let it go further.`;

function nearestOf(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return 'No plan can run at all under these limits of ranks, time and concurrency.';
  const words = ({ forecast, shape }: Candidate) =>
    `${forecast.wallS.toFixed(1)} s and ${forecast.bill.totalUsd.toPrecision(3)} USD (${shape.worldSize} ranks, ${shape.memoryMb} MB, partitions of ${shape.partitionMb} MB)`;
  const [quick] = [...candidates].sort(fastest);
  const [cheap] = [...candidates].sort(cheapest);
  return `Expected of the fastest: ${words(quick)}; of the cheapest: ${words(cheap)}.`;
}
