import type { ConstantName, ForecastConstants } from '../../cost/forecast/constants.js';
import type { WallFit } from '../../cost/planner/fitWalls.js';
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

/** Every term of the model with its source. */
export function termsTable(constants: ForecastConstants, fitted: readonly ConstantName[], colours: Colours): string {
  const rows = Object.entries(constants).map(([name, { value, unit, source }]) => [
    fitted.some((term) => term === name) ? `${name} *` : name,
    `${figure(value)} ${unit}`.trim(),
    source,
  ]);
  return table([{ heading: 'term' }, { heading: 'value', align: 'right' }, { heading: 'source' }], rows, colours);
}
