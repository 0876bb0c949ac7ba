import { defaultConstants } from '../../cost/forecast/constants.js';
import { factorsWords } from '../../sweep/factors.js';
import type { SweepPoint } from '../../sweep/sweepPlan.js';
import type { Target } from '../cloud/target.js';
import { lookUpCircumstances } from '../forecast/circumstances.js';
import { forecastPayload } from '../forecast/forecastPayload.js';
import { SweepCannotRunError } from './errors.js';
import type { PointPayload } from './pointPayload.js';

/** What one run of a point will take, by the forecast. */
export interface PointForecast {
  readonly wallS: number;
  readonly usd: number;
  /** The rank with the most work. */
  readonly rankS: number;
}

/** A point with what is known of it before it runs. */
export interface ForecastInput {
  readonly point: SweepPoint;
  readonly payload: PointPayload;
  readonly target: Target;
}

/**
 * Forecasts one run of every point, in the cloud as it stands.
 *
 * @throws SweepCannotRunError that lists the faults of all points.
 */
export async function forecastSweep(inputs: readonly ForecastInput[], signal: AbortSignal): Promise<PointForecast[]> {
  const forecasts: PointForecast[] = [];
  const faults = new Map<string, string[]>();
  for (const { point, payload, target } of inputs) {
    signal.throwIfAborted();
    const circumstances = await lookUpCircumstances(payload.parsed, target, undefined);
    const result = forecastPayload(payload.parsed, circumstances, defaultConstants);
    const { architecture } = point.factors;
    const strange =
      architecture === undefined || architecture === circumstances.architecture
        ? []
        : [
            `architecture: the executor is ${circumstances.architecture}, not ${architecture}; ${otherArchitecture[target.kind]}`,
          ];
    for (const fault of [...result.faults, ...strange])
      faults.set(fault, [...(faults.get(fault) ?? []), factorsWords(point.factors) || 'all runs']);
    const { wallS, bill, rank } = result.forecast;
    forecasts.push({ wallS, usd: bill.totalUsd, rankS: rank.totalS });
  }
  if (faults.size > 0)
    throw new SweepCannotRunError(
      [...faults].map(([fault, points]) => {
        const more = points.length > 1 ? `, and ${points.length - 1} more` : '';
        return `${fault} (${points[0]}${more})`;
      }),
    );
  return forecasts;
}

const otherArchitecture = {
  local: 'the embedded cloud runs what this machine runs',
  aws: 'name the stage of a stack that has it in "stages"',
} as const;
