import { choosePlan, type Plan, workOf } from '../../cost/planner/choosePlan.js';
import type { WallFit } from '../../cost/planner/fitWalls.js';
import type { RunLimits } from '../../cost/planner/simulateRun.js';
import { parsePayload } from '../../run/parsePayload.js';
import type { Payload } from '../../run/payload.js';
import { type TargetOptions, withTarget } from '../cloud/target.js';
import { UsageError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { assumedCircumstances, type Circumstances, lookUpCircumstances } from '../forecast/circumstances.js';
import { CannotRunError } from '../forecast/errors.js';
import { type PlannedInput, plannedInput } from '../forecast/forecastPayload.js';
import type { Session } from '../session.js';
import { bytes, count, duration, percent, plural, usd } from '../terminal/quantities.js';
import { facts } from '../terminal/table.js';
import { s3Place } from '../transfer/s3Place.js';
import { reductionTerm, sureness, termsTable } from './modelText.js';
import { fitPilots } from './readPilots.js';
import { withProgress } from './withProgress.js';

export interface PlanOptions extends TargetOptions {
  readonly data?: string;
  readonly dataGb?: number;
  readonly deadline?: number;
  readonly budget?: number;
  readonly from?: readonly string[];
  readonly concurrency?: number;
  /** How the ranks meet at the end; `auto` as in a payload. */
  readonly collectives: Payload['collectives'];
  readonly failureShare?: number;
  readonly seed: number;
  readonly replications: number;
  readonly explain?: true;
}

/** `muster plan`: partition size, memory and ranks that keep to a deadline or a budget. */
export async function plan(session: Session, options: PlanOptions): Promise<ExitCode> {
  const { terminal } = session;
  const limits = limitsOf(options);
  const fit = await fitPilots(options.from ?? []);
  const constants =
    options.failureShare === undefined
      ? fit.constants
      : {
          ...fit.constants,
          attemptFailureShare: { value: options.failureShare, unit: '', source: 'given by --failure-share' },
        };
  const payload = payloadFor(options);
  const circumstances = await circumstancesOf(session, payload, options);
  const total = (figure: 'bytes' | 'samples') => circumstances.ranks.reduce((sum, rank) => sum + rank[figure], 0);
  const data = { bytes: total('bytes'), samples: total('samples') };
  if (data.bytes === 0)
    throw new CannotRunError(circumstances.faults.filter((fault) => fault.startsWith('data_prefix')));
  const planned = (ranks: Circumstances['ranks'], memoryMb: number) =>
    plannedInput(payload, { ...circumstances, ranks, memoryMb, faults: [] });
  const steps = choosePlan(
    {
      ...data,
      limits,
      timeoutS: circumstances.timeoutS,
      simulation: { seed: options.seed, replications: options.replications, retries: payload.retries },
      inputOf: (ranks, memoryMb) => {
        const { input, faults } = planned(ranks, memoryMb);
        return faults.length > 0 ? undefined : input;
      },
    },
    constants,
  );
  const chosen = await withProgress(session, steps, (words) => `Planning: ${words}`);
  const { input, collectives } = planned(workOf(chosen, data), chosen.memoryMb);
  terminal.say(planText(chosen, collectives, data, fit, terminal.colours));
  if (options.explain) {
    const reduction = reductionTerm(input, collectives);
    terminal.say(`\n${termsTable(constants, fit.fitted, terminal.colours, [reduction])}`);
  }
  terminal.result({
    plan: { ...chosen, collectives, meeting: input.meeting },
    data,
    limits,
    fit: { ...fit, constants },
  });
  return exitCodes.success;
}

function limitsOf({ data, dataGb, deadline, budget }: PlanOptions): RunLimits {
  const faults = [
    ...((data === undefined) === (dataGb === undefined) ? ['give either --data or --data-gb'] : []),
    ...(deadline === undefined && budget === undefined ? ['give --deadline, --budget, or both'] : []),
  ];
  if (faults.length > 0) throw new UsageError(`A plan needs a question: ${faults.join('; ')}.`);
  return { deadlineS: deadline === undefined ? undefined : deadline / 1000, budgetUsd: budget };
}

/** The payload that a plan is for, as far as time and bill depend on it. */
function payloadFor({ data, collectives }: PlanOptions): Payload {
  const { bucket, prefix } = data === undefined ? { bucket: 'planned', prefix: 'planned' } : s3Place(data);
  return parsePayload({
    bucket,
    S3_object_name: 'models/redshift',
    data_prefix: prefix,
    result_path: 'planned',
    collectives,
  });
}

async function circumstancesOf(session: Session, payload: Payload, options: PlanOptions): Promise<Circumstances> {
  const { data, dataGb = 0, concurrency, region } = options;
  if (data !== undefined) {
    return withTarget(session, options, (target) => lookUpCircumstances(payload, target, concurrency));
  }
  return assumedCircumstances(payload, { ranks: 1, partitionMb: (dataGb * 1e9) / 2 ** 20, concurrency, region });
}

function planText(
  { partitionMb, partitions, memoryMb, worldSize, forecast, simulation }: Plan,
  { channel, reason }: PlannedInput['collectives'],
  data: { readonly bytes: number; readonly samples: number },
  fit: WallFit,
  colours: Session['terminal']['colours'],
): string {
  const { wallS, usd: cost, keptShare, replications } = simulation;
  const time = (seconds: number) => duration(seconds * 1000);
  return [
    colours.bold(`Plan for ${bytes(data.bytes)}, ${count(data.samples)} samples`),
    facts(
      [
        ['partition size', `${partitionMb} MB (2^20 bytes), ${plural(partitions, 'partition')}`],
        ['memory', `${count(memoryMb)} MB`],
        ['ranks', `${count(worldSize)}, ${count(Math.min(worldSize, forecast.concurrency))} at once`],
        ['collectives', `${channel}: ${reason}`],
        ['time', `${time(wallS.p50)} (90 % between ${time(wallS.p5)} and ${time(wallS.p95)})`],
        ['bill', `${usd(cost.p50)} (90 % between ${usd(cost.p5)} and ${usd(cost.p95)})`],
        ['kept', `in ${percent(keptShare)} of ${plural(replications, 'simulated run')}`],
        ['how sure', sureness(fit)],
      ],
      colours,
    ),
  ].join('\n');
}
