import type { ConstantName, ForecastConstants } from '../../cost/forecast/constants.js';
import type { ForecastInput } from '../../cost/forecast/forecastRun.js';
import type { WallFit } from '../../cost/planner/fitWalls.js';
import type { PlannedCollectives } from '../../run/plan.js';
import { figure, percent, plural } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';

/** How far a model can be trusted. */
export function sureness({ pilots, medianError, constants }: WallFit): string {
  const { value, source } = constants.modelError;
  return pilots === 0
    ? `not fitted to any run: an error of ${percent(value)} (one standard deviation) is assumed; give pilot runs by --from`
    : `fitted to ${plural(pilots, 'run')}, off by ${percent(medianError)} in the median; one standard deviation is ${percent(value)} (${source})`;
}

/** A line of the table of terms. */
export type TermRow = readonly [name: string, value: string, source: string];

/** What the reduction at the end adds to a plan: it follows from ranks and channel, and is no constant. */
export function reductionTerm({ meeting, ranks }: ForecastInput, { channel, reason }: PlannedCollectives): TermRow {
  if (!meeting) return ['reduction', '0 s, 0 USD', `no collectives: ${reason}`];
  const { collectivesS, requestsUsd } = meeting;
  return [
    'reduction',
    `${figure(collectivesS)} s, ${figure(requestsUsd)} USD`,
    `model of the ${channel} channel: one allreduce of the run's statistics over ${plural(ranks.length, 'rank')}; the USD are its requests`,
  ];
}

/** Every term of the model with its source, and the terms of one plan below. */
export function termsTable(
  constants: ForecastConstants,
  fitted: readonly ConstantName[],
  colours: Colours,
  ofPlan: readonly TermRow[] = [],
): string {
  const rows = Object.entries(constants).map(([name, { value, unit, source }]) => [
    fitted.some((term) => term === name) ? `${name} *` : name,
    `${figure(value)} ${unit}`.trim(),
    source,
  ]);
  return table(
    [{ heading: 'term' }, { heading: 'value', align: 'right' }, { heading: 'source' }],
    [...rows, ...ofPlan],
    colours,
  );
}
