import { outlierThreshold } from '../../run/quality.js';
import type { RunSummary } from '../../run/summary.js';
import type { ChartSize } from '../chart.js';
import { drawDensity, lineWithin, type OverLine } from '../densityChart.js';
import { figure, narrowWidth, picture, section, table } from '../figure.js';
import { formatCount, formatFigure, formatPercent } from '../format.js';
import { html, type SafeHtml } from '../html.js';
import {
  centralRange,
  type DensityGrid,
  densityOf,
  finitePairs,
  type PredictionPairs,
  type ResidualBin,
  residualBins,
  scaledErrors,
} from '../predictionGrid.js';

/** Cells along a side of a density. */
const cells = 52;
const residualParts = 12;

/** How good the predictions are: measures, predicted against true, residuals. */
export function predictions(summary: RunSummary, pairs: PredictionPairs | undefined): SafeHtml | undefined {
  const { quality } = summary;
  const drawings = pairs && predictionDrawings(pairs);
  const pictures = drawings && predictionFigure(drawings);
  if (quality === null && pictures === undefined) return undefined;
  const measures: [string, string][] =
    quality === null
      ? []
      : [
          ['Samples', formatCount(quality.count)],
          ['MAE', formatFigure(quality.mae)],
          ['MSE', formatFigure(quality.mse)],
          ['Bias', formatFigure(quality.bias)],
          ['NMAD', quality.nmad === null ? 'n/a' : formatFigure(quality.nmad)],
          [`Outliers above ${outlierThreshold}`, formatPercent(quality.outlierFraction)],
          ['R\u00b2', quality.r2 === null ? 'n/a' : formatFigure(quality.r2)],
        ];
  return section(
    'predictions',
    'Predictions',
    html`<p class="lead">Bias, NMAD and outliers are of the scaled error, (predicted - true) / (1 + true).</p>`,
    pictures,
    measures.length > 0
      ? html`<dl class="measures">${measures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
      : null,
  );
}

/** Predicted against true values, and the errors, ready to be drawn at any size. */
export interface PredictionDrawings {
  readonly against: (size: ChartSize) => SafeHtml;
  readonly residuals: (size: ChartSize) => SafeHtml;
  readonly caption: string;
  readonly bins: readonly ResidualBin[];
}

/** Undefined when no sample has both a finite prediction and a finite true value. */
export function predictionDrawings(pairs: PredictionPairs): PredictionDrawings | undefined {
  const finite = finitePairs(pairs);
  return finite.truth.length > 0 ? drawingsOf(finite) : undefined;
}

function drawingsOf(pairs: PredictionPairs): PredictionDrawings {
  const { predicted, truth } = pairs;
  const errors = scaledErrors(pairs);
  const x = centralRange(truth);
  const y = centralRange(truth, predicted);
  const errorRange = symmetric(centralRange(errors.filter(Number.isFinite)));
  const against = densityOf(truth, predicted, x, y, cells);
  const residuals = densityOf(truth, errors, x, errorRange, cells);
  const bins = residualBins(pairs, errors, x, residualParts);
  const identity: OverLine[] = [
    { points: lineWithin(against, 1, 0) },
    ...[outlierThreshold, -outlierThreshold].map((threshold) => ({
      points: lineWithin(against, 1 + threshold, threshold),
      dashed: true,
    })),
  ];
  const levels: OverLine[] = [
    { points: bins.map(({ from, to, median }) => [(from + to) / 2, median]) },
    ...[outlierThreshold, -outlierThreshold].map((level) => ({
      points: [x.from, x.to].map((value): [number, number] => [value, level]),
      dashed: true,
    })),
  ];
  const count = formatCount(truth.length);
  return {
    against: (size) =>
      drawDensity(
        `Predicted against true values of ${count} samples`,
        size,
        { x: 'true', y: 'predicted' },
        against,
        identity,
      ),
    residuals: (size) =>
      drawDensity(
        `Scaled errors against true values of ${count} samples`,
        size,
        { x: 'true', y: 'scaled error' },
        residuals,
        levels,
      ),
    bins,
    caption: `${count} samples; the stronger the colour, the denser they lie. The line is a perfect prediction in the first picture, the median error in the second. Dashed: a scaled error of ${outlierThreshold}. ${outside(Math.max(against.outside, residuals.outside))} outside the frames.`,
  };
}

/** Size of each of the two pictures. */
export const densitySize: ChartSize = { width: 446, height: 420 };

function predictionFigure({ against, residuals, caption, bins }: PredictionDrawings): SafeHtml {
  const narrow = { width: narrowWidth, height: 330 };
  return figure({
    pictures: html`<div class="pair">
<div>${picture(against, densitySize, narrow)}</div>
<div>${picture(residuals, densitySize, narrow)}</div>
</div>`,
    caption,
    figures: table(
      'Scaled errors by true value',
      [
        { title: 'True from', numeric: true },
        { title: 'to', numeric: true },
        { title: 'Samples', numeric: true },
        { title: 'Mean predicted', numeric: true },
        { title: 'Median error', numeric: true },
        { title: '16th percentile', numeric: true },
        { title: '84th percentile', numeric: true },
      ],
      bins.map((bin) => [
        formatFigure(bin.from),
        formatFigure(bin.to),
        formatCount(bin.count),
        formatFigure(bin.meanPredicted),
        formatFigure(bin.median),
        formatFigure(bin.low),
        formatFigure(bin.high),
      ]),
    ),
  });
}

/** Widens a range so that 0 is its middle. */
function symmetric({ from, to }: DensityGrid['y']): DensityGrid['y'] {
  const reach = Math.max(Math.abs(from), Math.abs(to), outlierThreshold * 1.2);
  return { from: -reach, to: reach };
}

/** Samples without a finite prediction, by partition. */
export function nonFiniteSamples({ nonFinite }: RunSummary): SafeHtml | undefined {
  if (nonFinite.count === 0) return undefined;
  const shown = nonFinite.partitions.slice(0, 200);
  return section(
    'non-finite',
    'Samples without a finite prediction',
    html`<p class="lead">${formatCount(nonFinite.count)} ${nonFinite.count === 1 ? 'sample has' : 'samples have'} NaN or an infinity for a prediction, as a rule because of such a value in the input. They count in no measure.</p>`,
    table(
      shown.length < nonFinite.partitions.length ? `The first ${shown.length} partitions` : 'By partition',
      [{ title: 'Partition' }, { title: 'Samples', numeric: true }, { title: 'First of them, by index' }],
      shown.map(({ name, count, firstSamples }) => [name, formatCount(count), firstSamples.join(', ')]),
    ),
  );
}

const outside = (samples: number): string =>
  samples === 0 ? 'No sample lies' : samples === 1 ? 'One sample lies' : `${formatCount(samples)} samples lie`;
