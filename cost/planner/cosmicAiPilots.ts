import { z } from 'zod';
import { PilotRunsError } from '../errors.js';
import { defaultConstants, type ForecastConstants, vcpusOf } from '../forecast/constants.js';
import { median } from './fitWalls.js';
import { found, type PilotRun } from './pilotRun.js';

/** Memory of CosmicAI's executors: `executor-log.txt`. */
const memoryMb = 10_240;
/** Bytes of a sample: an image of 5 x 32 x 32, five magnitudes and a redshift in float32. */
const sampleBytes = (5 * 32 * 32 + 5 + 1) * 4;

const rankSchema = z.looseObject({
  'total_cpu_time (seconds)': z.number().positive(),
  sample_persec: z.number().positive(),
});
const resultSchema = z.array(rankSchema).min(1);

/** A run of `total_execution_time.csv`. */
export interface CosmicAiRun extends PilotRun {
  readonly partitionMb: number;
  readonly dataGb: number;
  readonly repeat: number;
}

const heading = 'partition(MB),data(GB),run,num_worlds,duration';

/**
 * The rows of CosmicAI's `total_execution_time.csv`: each run's world size and wall time.
 *
 * @throws PilotRunsError for another table, listing every line that is none of it.
 */
export function parseExecutionTimes(text: string): CosmicAiRun[] {
  const [first, ...lines] = text.trim().split(/\r?\n/);
  if (first !== heading)
    throw new PilotRunsError([`total_execution_time.csv: line 1 is "${first}", expected "${heading}"`]);
  const faults: string[] = [];
  const runs = lines.flatMap((line, index) => {
    const [, partition, data, repeat, ranks, minutes, seconds] =
      /^(\d+),([\d.]+),(\d+),(\d+)(?:\.0)?,(\d+):([\d.]+)$/.exec(line) ?? [];
    if (seconds === undefined || Number(ranks) < 1) {
      faults.push(
        `total_execution_time.csv: line ${index + 2} is "${line}", expected a run such as "25,1.0,1,41.0,00:26.642"`,
      );
      return [];
    }
    const bytes = Number(partition) * 2 ** 20;
    const work = { partitions: 1, bytes, samples: Math.floor(bytes / sampleBytes) };
    return {
      name: `${partition} MB, ${Number(data)} GB, run ${repeat}`,
      partitionMb: Number(partition),
      dataGb: Number(data),
      repeat: Number(repeat),
      ranks: Array.from({ length: Number(ranks) }, () => work),
      memoryMb,
      measured: 'run' as const,
      wallS: Number(minutes) * 60 + Number(seconds),
    };
  });
  if (faults.length > 0) throw new PilotRunsError(faults);
  return runs;
}

/** Where a run's ranks are, in a folder of results. */
export const resultPath = ({ partitionMb, dataGb, repeat }: CosmicAiRun): string =>
  `result-partition-${partitionMb}MB/${dataGb}GB/${repeat}/combined_data.json`;

/** What the ranks of one run measured. */
export interface CosmicAiResult {
  readonly run: CosmicAiRun;
  /** Parsed `combined_data.json`. */
  readonly json: unknown;
}

/**
 * Rate and spread as the ranks of CosmicAI's runs measured them, everything else by default. A rank whose CPU time is
 * longer than the wall time of its whole run (there are such in nearly every run) says nothing of how long it was waited
 * for, and is left out. Their "CPU time" is that of the profiler, and is taken as the time that inference took.
 *
 * @throws PilotRunsError listing every result that is not an array of ranks.
 */
export function cosmicAiConstants(results: readonly CosmicAiResult[]): ForecastConstants {
  const faults: string[] = [];
  const rates: number[] = [];
  const deviations: number[] = [];
  for (const { run, json } of results) {
    const parsed = resultSchema.safeParse(json);
    if (!parsed.success) {
      faults.push(`${resultPath(run)}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
      continue;
    }
    const waitedFor = parsed.data.filter((rank) => rank['total_cpu_time (seconds)'] <= run.wallS);
    const perSecond = waitedFor.map(({ sample_persec }) => sample_persec);
    if (perSecond.length < 3) continue;
    rates.push(median(perSecond));
    deviations.push(deviationOf(perSecond.map(Math.log)));
  }
  if (rates.length === 0) faults.push('no combined_data.json has three ranks whose times fit into their run');
  if (faults.length > 0) throw new PilotRunsError(faults);
  const runs = `${rates.length} runs of CosmicAI`;
  const ranksRate = median(rates);
  return {
    ...defaultConstants,
    samplesPerVcpuS: found(
      'samplesPerVcpuS',
      ranksRate / vcpusOf(memoryMb, defaultConstants),
      `${runs}: median samples/s of a rank, ${ranksRate.toFixed(0)}, over its vCPUs`,
    ),
    stragglerSigma: found('stragglerSigma', median(deviations), `${runs}: median deviation of the logarithms of rates`),
    overlap: found('overlap', 0, 'the program of CosmicAI reads a whole partition and then infers'),
    reportLagS: found('reportLagS', 0, 'CosmicAI waits for no REPORT lines'),
  };
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
