import type { Bill, BillLine } from '../../run/bill.js';
import type { BilledInvocation } from '../../run/usage.js';
import { computeBill } from '../bill.js';
import type { Architecture, PriceTable } from '../prices.js';
import { stateTransitions } from '../stateTransitions.js';
import { type ForecastConstants, vcpusOf } from './constants.js';
import { normalQuantile } from './normalQuantile.js';
import { callsInTurn, type RankTime, type RankWork, rankTime } from './rankTime.js';
import { type Meeting, type Schedule, scheduleMeeting, scheduleRanks } from './schedule.js';

/** Memory of the functions around the ranks in serverless.yml. */
const initializeMemoryMb = 1_024;
const aggregateMemoryMb = 1_769;
/** S3 calls of a later look for REPORT lines, in turn: it reads usage, summary and report, and writes them. */
const callsOfLook = 9;
/** Bytes that one GET of a partition asks for; `storage/s3ByteSource.ts`. */
const rangeBytes = 8 * 2 ** 20;

export interface ForecastInput {
  /** What each rank has to do. */
  readonly ranks: readonly RankWork[];
  readonly memoryMb: number;
  readonly ephemeralStorageMb: number;
  readonly architecture: Architecture;
  readonly region: string;
  readonly pricesTable: PriceTable;
  /** Ranks that may be alive at once, by the payload and by Lambda. */
  readonly concurrency: number;
  readonly modelBytes: number;
  /** How the ranks meet; null: each works for itself. */
  readonly meeting: Meeting | null;
  /** Until the host of the rendezvous answers, before any rank starts; 0 where it runs or is not needed. */
  readonly rendezvousStartS: number;
  /** Whether the ranks meet at the rendezvous, whose host is then paid for. */
  readonly usesRendezvous: boolean;
}

/** What a run will take. */
export interface Forecast {
  readonly worldSize: number;
  readonly partitions: number;
  readonly bytes: number;
  readonly samples: number;
  readonly memoryMb: number;
  readonly vcpus: number;
  readonly concurrency: number;
  /** Ranks that wait for another one's executor. */
  readonly waitingRanks: number;
  /** Until the last executor is started. */
  readonly rampS: number;
  /** Time of the rank with the most work, where nothing is unusual about it. */
  readonly rank: RankTime;
  /** The slowest rank, by the spread of ranks' times, without what it waits for others. */
  readonly slowestRankS: number;
  /** The longest that an executor is up, waiting included. */
  readonly longestExecutorS: number;
  readonly stagesS: {
    readonly initialize: number;
    readonly rendezvous: number;
    readonly ranks: number;
    readonly aggregate: number;
  };
  readonly wallS: number;
  readonly bill: Bill;
}

/** How long each rank takes; `idleS` of it no executor runs, between two attempts. */
export interface RankDurations {
  readonly durationsS: readonly number[];
  readonly idleS?: readonly number[];
}

/** Says how long ranks take whose usual times are known. */
export type DurationModel = (times: readonly RankTime[], constants: ForecastConstants) => RankDurations;

const quantiles: DurationModel = (times, { stragglerSigma }) => ({
  durationsS: withSpread(times, stragglerSigma.value),
});

/**
 * Forecasts time and bill of a run.
 *
 * @param durationModel - By default the ranks get the quantiles of the distribution of stragglers and no attempt fails;
 *   a simulation draws both.
 */
export function forecastRun(
  input: ForecastInput,
  constants: ForecastConstants,
  durationModel: DurationModel = quantiles,
): Forecast {
  const { ranks, memoryMb, concurrency, meeting } = input;
  const times = ranks.map((work) => rankTime(work, input, constants));
  const { durationsS, idleS = [] } = durationModel(times, constants);
  const schedule = meeting
    ? scheduleMeeting(durationsS, meeting, constants)
    : scheduleRanks(durationsS, concurrency, constants);
  const stagesS = stageTimes(input, schedule, constants);
  const total = (figure: (work: RankWork) => number) => ranks.reduce((sum, work) => sum + figure(work), 0);
  const wallS = stagesS.initialize + stagesS.rendezvous + stagesS.ranks + stagesS.aggregate;
  return {
    worldSize: ranks.length,
    partitions: total(({ partitions }) => partitions),
    bytes: total(({ bytes }) => bytes),
    samples: total(({ samples }) => samples),
    memoryMb,
    vcpus: vcpusOf(memoryMb, constants),
    concurrency,
    waitingRanks: schedule.ranks.filter(({ cold }) => !cold).length,
    rampS: schedule.rampS,
    rank: times.reduce((longest, time) => (time.totalS > longest.totalS ? time : longest)),
    slowestRankS: longest(durationsS),
    longestExecutorS: longest(schedule.ranks.map(({ startS, endS }, rank) => endS - startS - (idleS[rank] ?? 0))),
    stagesS,
    wallS,
    bill: billOf(input, { schedule, idleS, stagesS, wallS }, constants),
  };
}

/**
 * Spreads the working times over a lognormal distribution: the n ranks get its n quantiles, so that the slowest of many is
 * slower than that of a few. Which rank is slow is drawn by its number, the same at every forecast.
 */
function withSpread(times: readonly RankTime[], sigma: number): number[] {
  const n = times.length;
  const places = Array.from({ length: n }, (_, rank) => rank).sort((left, right) => mixed(left) - mixed(right));
  const durationsS = new Array<number>(n);
  places.forEach((rank, place) => {
    const { totalS, workS } = times[rank];
    durationsS[rank] = totalS + workS * (Math.exp(sigma * normalQuantile((place + 0.5) / n)) - 1);
  });
  return durationsS;
}

const longest = (seconds: readonly number[]): number => seconds.reduce((most, value) => Math.max(most, value), 0);

/** Spreads consecutive numbers over 32 bits: the finalizer of MurmurHash3 (A. Appleby, public domain). */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function stageTimes(
  { ranks, rendezvousStartS }: ForecastInput,
  { endS }: Schedule,
  { coldStartS, s3CallS, stateStepS, aggregateRankS, reportLagS }: ForecastConstants,
): Forecast['stagesS'] {
  const pages = Math.ceil(ranks.reduce((sum, { partitions }) => sum + partitions, 0) / 1_000);
  // Listings one page after the other, then the plan and its shards.
  const initialize = stateStepS.value + coldStartS.value + (pages + 2) * s3CallS.value;
  const aggregate =
    stateStepS.value + coldStartS.value + ranks.length * aggregateRankS.value + reportLagS.value + 3 * s3CallS.value;
  return { initialize, rendezvous: rendezvousStartS, ranks: 2 * stateStepS.value + endS, aggregate };
}

interface ScheduledRun extends Pick<Forecast, 'stagesS' | 'wallS'> {
  readonly schedule: Schedule;
  readonly idleS: readonly number[];
}

function billOf(
  input: ForecastInput,
  { schedule, idleS, stagesS, wallS }: ScheduledRun,
  { logBytesPerInvocation, reportLagS, retryDelayS, s3CallS }: ForecastConstants,
): Bill {
  const retries = Math.round(idleS.reduce((sum, seconds) => sum + seconds, 0) / retryDelayS.value);
  const { ranks, memoryMb, ephemeralStorageMb, architecture, region, pricesTable } = input;
  const coordinator = (name: string, seconds: number, memory: number): BilledInvocation => ({
    functionName: name,
    requestId: name,
    role: 'coordinator',
    memoryMb: memory,
    billedMs: undefined,
    estimatedMs: seconds * 1000,
    ephemeralStorageMb: 512,
    failed: false,
  });
  const invocations: BilledInvocation[] = [
    ...schedule.ranks.map(
      ({ startS, endS }, rank): BilledInvocation => ({
        ...coordinator(`rank-${rank}`, endS - startS - (idleS[rank] ?? 0), memoryMb),
        functionName: 'executor',
        role: 'rank',
        ephemeralStorageMb,
      }),
    ),
    coordinator('initialize', stagesS.initialize, initializeMemoryMb),
    // The state machine waits for the last REPORT lines, not a function.
    coordinator('aggregate', stagesS.aggregate - reportLagS.value, aggregateMemoryMb),
    { ...coordinator('collect', callsOfLook * s3CallS.value, aggregateMemoryMb), role: 'collector' },
  ];
  const bill = computeBill({
    region,
    architecture,
    pricesTable,
    invocations,
    stateTransitions: {
      standard: stateTransitions({
        ranks: ranks.length,
        retries,
        givenUp: 0,
        meeting: input.usesRendezvous,
        looks: 1,
      }),
      basis: 'estimated',
    },
    s3: requestsOf(ranks),
    logBytes: invocations.length * logBytesPerInvocation.value,
    rendezvous: input.usesRendezvous ? { hours: wallS / 3600 } : null,
    samples: ranks.reduce((sum, { samples }) => sum + samples, 0),
    bytes: ranks.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  const lines = [...bill.lines, ...collectivesLines(input)];
  return {
    ...bill,
    totalUsd: lines.reduce((sum, { usd }) => sum + usd, 0),
    lines: lines.map((line) => ({ ...line, basis: 'estimated', note: 'forecast' })),
  };
}

function collectivesLines({ meeting }: ForecastInput): BillLine[] {
  if (!meeting || meeting.requestsUsd === 0) return [];
  const { requestsUsd } = meeting;
  return [
    {
      item: 's3-collectives',
      description: 'S3 requests of the collectives',
      quantity: 1,
      unit: 'run',
      unitPriceUsd: requestsUsd,
      usd: requestsUsd,
      basis: 'estimated',
    },
  ];
}

/** Requests of Initialize, of the ranks and of Aggregate, counted off the program. */
function requestsOf(ranks: readonly RankWork[]): { get: number; put: number; list: number; head: number } {
  const partitions = ranks.reduce((sum, work) => sum + work.partitions, 0);
  const ranges = ranks.reduce((sum, work) => sum + Math.ceil(work.bytes / rangeBytes), 0);
  return {
    // A rank: plan, shard, stop, sign-in, model, delivery. A partition: what describes it, its ranges, whether the rank is
    // still its own, stop; Aggregate reads its predictions and labels, and two objects a rank.
    get: ranks.length * (callsInTurn + 1 + 2) + partitions * (2 + 2 + 2) + ranges + 6,
    put: ranks.length * 2 + partitions * 2 + Math.ceil(ranks.length / 100) + 5 + 3,
    list: Math.ceil(partitions / 1_000) + 1,
    head: 0,
  };
}
