import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import { type ChartOption, type ChartSize, drawChart, ink, quietAxis } from '../../report/chart.js';
import type { SafeHtml } from '../../report/html.js';
import type { Repeats } from '../statistics.js';

/** A point of a curve: a figure, with the spread of its repeats where there are any. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly repeats?: Pick<Repeats, 'min' | 'max' | 'interval'>;
}

export interface Curve {
  readonly name: string;
  /** From left to right. */
  readonly points: readonly CurvePoint[];
  /** Drawn thin and dashed, without marks: what would be ideal. */
  readonly ideal?: boolean;
  /** Points without a line between them. */
  readonly scattered?: boolean;
}

export interface CurveChart {
  readonly label: string;
  readonly xTitle: string;
  readonly xFormat: (value: number) => string;
  readonly yFormat: (value: number) => string;
  readonly curves: readonly Curve[];
  /** With `log`, steps by the same factor are equally wide. */
  readonly xScale?: 'linear' | 'log';
}

const palette = ['accent', 'collectives', 'download', 'upload', 'decode', 'bad', 'init'].map(
  (name) => `var(--${name})`,
);

/** The colour of a curve; an ideal is quiet. */
export const curveColor = ({ ideal }: Curve, index: number): string =>
  ideal ? ink.muted : palette[index % palette.length];

const dashOf = ({ ideal }: Curve, index: number): 'solid' | 'dashed' | 'dotted' =>
  ideal ? 'dashed' : index < palette.length ? 'solid' : 'dotted';

export const curveChartHeight = 340;

/**
 * Draws curves through medians, each point with a thick bar from its least to its greatest repeat and a thin one over the
 * 95 % interval. An interval that leaves the picture is cut at its edge; the table has its ends.
 */
export function drawCurves(size: ChartSize, chart: CurveChart): SafeHtml {
  const all = chart.curves.flatMap(({ points }) => points);
  const top = niceAbove(Math.max(...all.map(({ y, repeats }) => Math.max(y, repeats?.max ?? 0))) * 1.08);
  const xs = [...new Set(all.map(({ x }) => x))].sort((left, right) => left - right);
  const option: ChartOption = {
    grid: { left: 72, right: 24, top: 14, bottom: 48 },
    xAxis: { ...quietAxis, ...xAxisOf(size, chart, xs), name: chart.xTitle, nameGap: 30, splitLine: { show: false } },
    yAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      max: top,
      splitNumber: 5,
      axisLabel: { ...quietAxis.axisLabel, formatter: (value: number) => (value === 0 ? '0' : chart.yFormat(value)) },
    },
    series: chart.curves.flatMap((curve, index) => seriesOf(curve, index, top)),
  };
  return drawChart(chart.label, size, option);
}

function xAxisOf(size: ChartSize, { xFormat, xScale }: CurveChart, xs: readonly number[]) {
  const axisLabel = { ...quietAxis.axisLabel, formatter: (value: number) => xFormat(value) };
  const [least, greatest] = [xs[0], xs[xs.length - 1]];
  if (xScale === 'log' && least > 0) {
    const room = greatest > least ? (greatest / least) ** 0.06 : 1.5;
    return {
      type: 'log' as const,
      logBase: 2,
      min: least / room,
      max: greatest * room,
      axisLabel: { ...axisLabel, customValues: [...xs] },
    };
  }
  const room = greatest > least ? (greatest - least) * 0.06 : Math.max(greatest * 0.2, 0.5);
  const ticks =
    xs.length <= (size.width > 600 ? 12 : 6) ? { customValues: [...xs] } : { showMinLabel: false, showMaxLabel: false };
  return {
    type: 'value' as const,
    min: least - room,
    max: greatest + room,
    axisLabel: { ...axisLabel, ...ticks },
  };
}

function seriesOf(curve: Curve, index: number, top: number): (LineSeriesOption | CustomSeriesOption)[] {
  const color = curveColor(curve, index);
  const line: LineSeriesOption = {
    type: 'line',
    silent: true,
    clip: false,
    showSymbol: !curve.ideal,
    symbol: 'circle',
    symbolSize: 7,
    itemStyle: { color },
    lineStyle: { color, width: curve.scattered ? 0 : curve.ideal ? 1 : 2, type: dashOf(curve, index) },
    data: curve.points.map(({ x, y }) => [x, y]),
  };
  return [bars(curve, color, top), line];
}

function bars({ points }: Curve, color: string, top: number): CustomSeriesOption {
  const spread = points.flatMap(({ x, repeats }) => (repeats ? [{ x, ...repeats }] : []));
  return {
    type: 'custom',
    silent: true,
    clip: false,
    data: spread.map(({ x, min }) => [x, min]),
    renderItem: ({ dataIndex }, api) => {
      const { x, min, max, interval } = spread[dataIndex];
      const [across, low] = api.coord([x, min]);
      const [, high] = api.coord([x, max]);
      const rect = (shape: { x: number; y: number; width: number; height: number }, opacity: number) =>
        ({ type: 'rect', shape, style: { fill: color, opacity } }) as const;
      const children = [rect({ x: across - 3, y: high, width: 6, height: Math.max(1, low - high) }, 0.35)];
      if (interval) {
        const [, bottom] = api.coord([x, Math.max(0, interval.low)]);
        const [, up] = api.coord([x, Math.min(top, interval.high)]);
        children.push(rect({ x: across - 0.5, y: up, width: 1, height: Math.max(1, bottom - up) }, 1));
        children.push(rect({ x: across - 4, y: bottom, width: 8, height: 1 }, 1));
        if (interval.high <= top) children.push(rect({ x: across - 4, y: up, width: 8, height: 1 }, 1));
      }
      return { type: 'group', children };
    },
  };
}

/** The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
