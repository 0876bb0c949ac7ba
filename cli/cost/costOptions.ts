import type { Architecture } from '../../cost/prices.js';
import type { TargetOptions } from '../cloud/target.js';
import { UsageError } from '../errors.js';
import type { AlternativeOptions } from './alternatives.js';

export interface CostOptions extends TargetOptions, AlternativeOptions {
  readonly run?: string;
  /** Milliseconds. */
  readonly since?: number;
  readonly function?: string;
  readonly logGroup?: string;
  readonly logFile?: string;
  /** How long REPORT lines are waited for, in milliseconds. */
  readonly wait?: number;
  readonly prices?: string;
  readonly architecture?: Architecture;
  readonly ephemeralStorageMb?: number;
  readonly csv?: true;
  readonly json?: true;
}

/** @throws UsageError that lists every fault. */
export function refuseContradictions(options: CostOptions): void {
  const sources = [
    ['--run', options.run],
    ['--function', options.function],
    ['--log-group', options.logGroup],
    ['--log-file', options.logFile],
  ] as const;
  const given = sources.flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const ofLog = options.function !== undefined || options.logGroup !== undefined;
  const faults = [
    ...(given.length > 1 ? [`${given.join(' and ')} name different things to bill; give one of them`] : []),
    ...(ofLog && options.since === undefined ? [`${given[0]} needs --since, such as --since 2h`] : []),
    ...(!ofLog && options.since !== undefined ? ['--since needs --function or --log-group'] : []),
    ...(options.nodes && options.nodePrice === undefined && options.spotPrice === undefined
      ? ['--nodes needs --node-price or --spot-price, dollars of an hour of one node']
      : []),
    ...(options.csv && options.json ? ['--csv and --json both write to stdout; give one of them'] : []),
  ];
  if (faults.length > 0) throw new UsageError(`${faults.join('; ')}.`);
}
