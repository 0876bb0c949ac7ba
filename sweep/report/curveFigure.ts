import { type Column, figure, legend, narrowWidth, picture, table, wideWidth } from '../../report/figure.js';
import { html, type SafeHtml } from '../../report/html.js';
import { type FactorName, factorsWords, factorTitle } from '../factors.js';
import { type Figure, groupsBut, type MeasuredPoint } from '../measuredPoint.js';
import type { Repeats } from '../statistics.js';
import { type Curve, type CurveChart, curveChartHeight, curveColor, drawCurves } from './curveChart.js';

/** One figure of the runs against one factor or amount. */
export interface Against {
  readonly label: string;
  readonly figure: Figure;
  readonly format: (value: number) => string;
  /** What the points of one curve differ in. */
  readonly along: readonly FactorName[];
  readonly xTitle: string;
  readonly x: (point: MeasuredPoint) => number;
  readonly xFormat: (value: number) => string;
  readonly xScale?: CurveChart['xScale'];
}

/** Curves with their legend and the table behind them. */
export function curveFigure(chart: CurveChart, caption: string, figures: SafeHtml): SafeHtml {
  const size = (width: number) => ({ width, height: curveChartHeight });
  const entries = chart.curves.map((curve, index) => ({ name: curve.name, color: curveColor(curve, index) }));
  return figure({
    pictures: html`<h3>${chart.label}</h3>${entries.length > 1 ? legend(entries) : null}${picture(
      (at) => drawCurves(at, chart),
      size(wideWidth),
      size(narrowWidth),
    )}`,
    caption,
    figures,
  });
}

export const repeatsCaption =
  'Medians of the repeats. The thick bars go from the least repeat to the greatest, the thin ones over the 95 % interval.';

/** One figure against one factor, a curve for each combination of the others. */
export function figureAgainst(points: readonly MeasuredPoint[], against: Against): SafeHtml {
  const { label, along, xTitle, x, xFormat, format, xScale } = against;
  const groups = groupsBut(points, along);
  const curves = groups.map(({ shared, points: group }): Curve => {
    const named = factorsWords(shared, fixedIn(points));
    const ordered = [...group].sort((left, right) => x(left) - x(right));
    return {
      name: named === '' ? label : named,
      points: ordered.map((point) => {
        const repeats = point.repeats(against.figure);
        return { x: x(point), y: repeats.median, repeats };
      }),
    };
  });
  const rows = groups.flatMap(({ shared, points: group }) =>
    [...group]
      .sort((left, right) => x(left) - x(right))
      .map((point) => [
        factorsWords(shared, fixedIn(points)),
        xFormat(x(point)),
        ...repeatCells(point.repeats(against.figure), format),
      ]),
  );
  return curveFigure(
    { label, xTitle, xFormat, yFormat: format, curves, xScale },
    repeatsCaption,
    table(label, [{ title: 'Of' }, { title: xTitle, numeric: true }, ...repeatColumns], rows),
  );
}

/** Factors that are the same at all points, which need not be said again. */
export function fixedIn(points: readonly MeasuredPoint[]): FactorName[] {
  const names = Object.keys(points[0]?.factors ?? {}) as FactorName[];
  return names.filter((name) => new Set(points.map(({ factors }) => factors[name])).size === 1);
}

export const repeatColumns: readonly Column[] = [
  { title: 'Median', numeric: true },
  { title: 'Least', numeric: true },
  { title: 'Greatest', numeric: true },
  { title: '95 % interval', numeric: true },
  { title: 'Repeats', numeric: true },
];

export function repeatCells({ n, median, min, max, interval }: Repeats, format: (value: number) => string) {
  return [
    format(median),
    format(min),
    format(max),
    interval
      ? html`${format(interval.low)} to ${format(interval.high)}<small>${interval.method}</small>`
      : html`<small>needs 2 repeats</small>`,
    n,
  ];
}

/** Against a factor itself; words that are no numbers stand side by side in the order of the file. */
export function alongFactor(
  points: readonly MeasuredPoint[],
  name: FactorName,
): Pick<Against, 'along' | 'xTitle' | 'x' | 'xFormat' | 'xScale'> {
  const values = [...new Set(points.map(({ factors }) => factors[name]))];
  const numeric = values.every((value) => typeof value === 'number');
  const wide =
    numeric &&
    Math.min(...values.map(Number)) > 0 &&
    Math.max(...values.map(Number)) / Math.min(...values.map(Number)) >= 8;
  return {
    along: [name],
    xTitle: factorTitle(name),
    x: ({ factors }) => (numeric ? Number(factors[name]) : values.indexOf(factors[name])),
    xFormat: (value) => (numeric ? Number(value.toPrecision(6)).toLocaleString('en-US') : String(values[value] ?? '')),
    xScale: wide ? 'log' : 'linear',
  };
}
