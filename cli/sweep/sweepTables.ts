import { factorsWords } from '../../sweep/factors.js';
import { measuredPoints } from '../../sweep/measuredPoint.js';
import type { PlannedRun, SweepPoint } from '../../sweep/sweepPlan.js';
import type { SweepRow } from '../../sweep/sweepRow.js';
import { bitRate, count, duration, plural, usd } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';
import type { PointForecast } from './forecastSweep.js';

const seconds = (value: number): string => duration(value * 1000);
const right = (heading: string) => ({ heading, align: 'right' as const });

/** What a sweep will take, point by point and in all. */
export function forecastTable(
  points: readonly SweepPoint[],
  forecasts: readonly PointForecast[],
  left: readonly PlannedRun[],
  colours: Colours,
): string {
  const total = (figure: (forecast: PointForecast) => number) =>
    left.reduce((sum, { point }) => sum + figure(forecasts[point.index]), 0);
  const runsOf = (point: SweepPoint) => left.filter((run) => run.point.index === point.index).length;
  const rows = points.map((point) => [
    factorsWords(point.factors) || 'as the payload says',
    count(runsOf(point)),
    seconds(forecasts[point.index].wallS),
    usd(forecasts[point.index].usd),
  ]);
  const heading = colours.bold(
    `Forecast: ${plural(left.length, 'run')}, about ${seconds(total(({ wallS }) => wallS))} and ${usd(total((forecast) => forecast.usd))}`,
  );
  return `${heading}\n${table([{ heading: 'point' }, right('runs'), right('time each'), right('cost each')], rows, colours)}`;
}

/** What a sweep came to. */
export function resultTable(rows: readonly SweepRow[], colours: Colours): string {
  const points = measuredPoints(rows);
  const body = points.map((point) => {
    const job = point.repeats('jobS');
    return [
      factorsWords(point.factors) || 'as the payload says',
      count(job.n),
      seconds(job.median),
      `${seconds(job.min)} - ${seconds(job.max)}`,
      bitRate(point.repeats('wallBitsPerS').median),
      usd(point.repeats('usd').median),
    ];
  });
  const columns = [
    { heading: 'point' },
    ...['repeats', 'median job', 'least - greatest', 'by wall time', 'cost'].map(right),
  ];
  const failed = rows
    .filter(({ status }) => status !== 'SUCCEEDED')
    .map(({ key, factors, status, reason }) => `  ${key}  ${factorsWords(factors)}: ${status}  ${reason}`);
  return [
    ...(points.length > 0 ? [table(columns, body, colours)] : []),
    ...(failed.length > 0 ? [`${colours.red(`${plural(failed.length, 'run')} failed`)}\n${failed.join('\n')}`] : []),
  ].join('\n\n');
}
