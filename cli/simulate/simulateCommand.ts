import type { Simulation } from '../../cost/planner/simulateRun.js';
import { simulateRun } from '../../cost/planner/simulateRun.js';
import { parsePayload } from '../../run/parsePayload.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { assumedCircumstances } from '../forecast/circumstances.js';
import { CannotRunError } from '../forecast/errors.js';
import { forecastPayload, plannedInput } from '../forecast/forecastPayload.js';
import { sureness } from '../plan/modelText.js';
import { fitPilots } from '../plan/readPilots.js';
import { withProgress } from '../plan/withProgress.js';
import { readPayload } from '../readPayload.js';
import type { Session } from '../session.js';
import { count, duration, plural, usd } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';

export interface SimulateOptions {
  readonly ranks: number;
  readonly partitionMb?: number;
  readonly samples?: number;
  readonly concurrency?: number;
  readonly region?: string;
  readonly from?: readonly string[];
  readonly failureShare?: number;
  readonly seed: number;
  readonly replications: number;
}

/** The partition of CosmicAI's shortest run. */
const usualPartitionMb = 25;

/**
 * `muster simulate`: plays a payload's run again and again with any number of ranks, without data or a cloud.
 *
 * @throws CannotRunError, after the figures were written, for a run that would not get through.
 */
export async function simulate(session: Session, path: string, options: SimulateOptions): Promise<ExitCode> {
  const { terminal } = session;
  const payload = parsePayload(await readPayload(path, process.stdin));
  const { ranks, samples, seed, replications, failureShare } = options;
  const partitionMb = options.partitionMb ?? (samples === undefined ? usualPartitionMb : undefined);
  const fit = await fitPilots(options.from ?? []);
  const constants =
    failureShare === undefined
      ? fit.constants
      : {
          ...fit.constants,
          attemptFailureShare: { value: failureShare, unit: '', source: 'given by --failure-share' },
        };
  const circumstances = assumedCircumstances(payload, { ...options, ranks, partitionMb });
  const { input } = plannedInput(payload, circumstances);
  const { forecast, collectives, faults } = forecastPayload(payload, circumstances, constants);
  const simulation = await withProgress(
    session,
    simulateRun(input, constants, { seed, replications, retries: payload.retries }),
    (done) => `Simulating: ${done} of ${replications} runs`,
  );
  const { concurrency, rampS } = forecast;
  terminal.say(
    [
      terminal.colours.bold(
        `${plural(ranks, 'rank')}, ${count(Math.min(ranks, concurrency))} at once, played ${count(replications)} times`,
      ),
      quantileTable(simulation, terminal.colours),
      `  the last executor that is needed starts after ${duration(rampS * 1000)}; collectives: ${collectives.channel}`,
      `  how sure: ${sureness(fit)}`,
    ].join('\n'),
  );
  terminal.result({ simulation, forecast, collectives, faults, fit: { ...fit, constants } });
  if (faults.length > 0) throw new CannotRunError(faults);
  return exitCodes.success;
}

function quantileTable(
  { wallS, slowestRankS, usd: cost }: Simulation,
  colours: Session['terminal']['colours'],
): string {
  const time = (seconds: number) => duration(seconds * 1000);
  const rows = [
    ['whole run', time(wallS.p5), time(wallS.p50), time(wallS.p95)],
    ['slowest rank', time(slowestRankS.p5), time(slowestRankS.p50), time(slowestRankS.p95)],
    ['bill', usd(cost.p5), usd(cost.p50), usd(cost.p95)],
  ];
  const quantile = (heading: string) => ({ heading, align: 'right' as const });
  return table([{ heading: '' }, quantile('p5'), quantile('p50'), quantile('p95')], rows, colours);
}
