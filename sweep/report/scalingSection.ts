import { section, table } from '../../report/figure.js';
import { formatDuration, formatFactor, formatPercent } from '../../report/format.js';
import { html, type SafeHtml } from '../../report/html.js';
import { MissingBaselineError } from '../errors.js';
import { factorsWords } from '../factors.js';
import type { MeasuredPoint } from '../measuredPoint.js';
import { type ResilienceCurve, resilienceCurves, type ScalingCurve, scalingCurves } from '../scaling.js';
import type { Curve } from './curveChart.js';
import { curveFigure, fixedIn } from './curveFigure.js';

/** What cannot be worked out is said where it would stand. */
function orMissing(id: string, title: string, draw: () => SafeHtml): SafeHtml {
  try {
    return draw();
  } catch (error) {
    if (!(error instanceof MissingBaselineError)) throw error;
    return section(id, title, html`<p class="note failed">${error.message}</p>`);
  }
}

/** Speed-up and efficiency against the ranks. */
export function scaling(points: readonly MeasuredPoint[], kind: 'strong' | 'weak'): SafeHtml {
  const title = kind === 'strong' ? 'Strong scaling' : 'Weak scaling';
  return orMissing('scaling', title, () => {
    const curves = scalingCurves(points, kind);
    return section('scaling', title, html`<p class="lead">${words[kind]}</p>`, ...scalingFigures(points, curves));
  });
}

const words = {
  strong:
    "The same data on more ranks. Speed-up S = Ts / Tp and efficiency E = Ts / (n Tp), Ts the median time of the runs with one rank, Tp that of n ranks, from the first rank's begin to the last rank's end.",
  weak: "As much more data as there are ranks. Speed-up S = Ts / Tp and efficiency E = Ts / (n Tp), where Ts, the time of one rank for the data of n, is n times the median time of the runs with one rank; Tp is the time of n ranks, from the first rank's begin to the last rank's end.",
} as const;

function scalingFigures(points: readonly MeasuredPoint[], curves: readonly ScalingCurve[]): SafeHtml[] {
  const name = ({ shared }: ScalingCurve) => factorsWords(shared, fixedIn(points)) || 'measured';
  const ranks = [...new Set(curves.flatMap(({ steps }) => steps.map((step) => step.ranks)))].sort((a, b) => a - b);
  const axis = { xTitle: 'Ranks', xFormat: (value: number) => value.toLocaleString('en-US'), xScale: 'log' as const };
  const rows = curves.flatMap((curve) =>
    curve.steps.map(({ ranks: n, seconds, speedUp, efficiency }) => [
      name(curve),
      n,
      formatDuration(seconds * 1000),
      formatFactor(speedUp),
      formatPercent(efficiency),
    ]),
  );
  const figures = table(
    'Speed-up and efficiency',
    [
      { title: 'Of' },
      ...['Ranks', 'Tp (median)', 'Speed-up S', 'Efficiency E'].map((title) => ({ title, numeric: true })),
    ],
    rows,
  );
  const measured = (y: (step: ScalingCurve['steps'][number]) => number): Curve[] =>
    curves.map((curve) => ({ name: name(curve), points: curve.steps.map((step) => ({ x: step.ranks, y: y(step) })) }));
  const ideal = (y: (n: number) => number): Curve => ({
    name: 'ideal',
    ideal: true,
    points: ranks.map((n) => ({ x: n, y: y(n) })),
  });
  return [
    curveFigure(
      {
        ...axis,
        label: 'Speed-up',
        yFormat: formatFactor,
        curves: [...measured(({ speedUp }) => speedUp), ideal((n) => n)],
      },
      'Ratios of medians; the dashed line is the ideal S = n.',
      figures,
    ),
    curveFigure(
      {
        ...axis,
        label: 'Efficiency',
        yFormat: formatPercent,
        curves: [...measured(({ efficiency }) => efficiency), ideal(() => 1)],
      },
      'Ratios of medians; the dashed line is the ideal E = 100 %.',
      figures,
    ),
  ];
}

/** How much of its speed a run keeps when executors are killed. */
export function resilience(points: readonly MeasuredPoint[]): SafeHtml {
  return orMissing('resilience', 'Resilience', () => {
    const curves = resilienceCurves(points);
    const name = ({ shared }: ResilienceCurve) => factorsWords(shared, fixedIn(points)) || 'measured';
    return section(
      'resilience',
      'Resilience',
      html`<p class="lead">So many of the ranks are killed once, at random times; their next attempts do the work again. The factor is T0 / T, T0 the median time of the job in which nobody was killed.</p>`,
      curveFigure(
        {
          label: 'Resilience factor',
          xTitle: 'Ranks killed',
          xFormat: formatPercent,
          yFormat: formatFactor,
          curves: curves.map((curve) => ({
            name: name(curve),
            points: curve.steps.map(({ failureRate, factor }) => ({ x: failureRate, y: factor })),
          })),
        },
        'Ratios of medians.',
        table(
          'Resilience',
          [{ title: 'Of' }, ...['Ranks killed', 'Job', 'T0 / T'].map((title) => ({ title, numeric: true }))],
          curves.flatMap((curve) =>
            curve.steps.map(({ failureRate, seconds, factor }) => [
              name(curve),
              formatPercent(failureRate),
              formatDuration(seconds * 1000),
              formatFactor(factor),
            ]),
          ),
        ),
      ),
    );
  });
}
