import { parsePayload } from '../../run/parsePayload.js';
import type { Payload } from '../../run/payload.js';
import { type TargetOptions, withTarget } from '../cloud/target.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { fitPilots } from '../plan/readPilots.js';
import { readPayload } from '../readPayload.js';
import type { Session } from '../session.js';
import { assumedCircumstances, type Circumstances, lookUpCircumstances } from './circumstances.js';
import { CannotRunError } from './errors.js';
import { forecastPayload } from './forecastPayload.js';
import { forecastText } from './forecastText.js';

export interface DryRunOptions extends TargetOptions {
  readonly ranks?: number;
  readonly partitionMb?: number;
  readonly samples?: number;
  readonly concurrency?: number;
  readonly from?: string;
}

/**
 * `muster run --dry-run`: says what a run would take and cost, and starts nothing. With `--ranks` it needs neither data nor
 * a cloud.
 *
 * @throws CannotRunError, after the forecast was written, for a run that would not get through.
 */
export async function dryRun(session: Session, path: string, options: DryRunOptions): Promise<ExitCode> {
  const { terminal } = session;
  const payload = parsePayload(await readPayload(path, process.stdin));
  const { constants } = await fitPilots(options.from === undefined ? [] : [options.from]);
  const circumstances = await circumstancesOf(session, payload, options);
  const result = forecastPayload(payload, circumstances, constants);
  terminal.say(forecastText(result, constants, terminal.colours));
  terminal.result({ ...result, constants });
  if (result.faults.length > 0) throw new CannotRunError(result.faults);
  return exitCodes.success;
}

async function circumstancesOf(session: Session, payload: Payload, options: DryRunOptions): Promise<Circumstances> {
  const { ranks, concurrency, partitionMb, samples, region } = options;
  if (ranks !== undefined) return assumedCircumstances(payload, { ranks, partitionMb, samples, concurrency, region });
  return withTarget(session, options, (target) => lookUpCircumstances(payload, target, concurrency));
}
