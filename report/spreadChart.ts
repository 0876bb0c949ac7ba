import type { LineSeriesOption } from 'echarts/charts';
import { type ChartOption, type ChartSize, drawChart, ink, labelStyle, quietAxis, rowAxis } from './chart.js';
import { type Bin, histogram } from './distribution.js';
import type { SafeHtml } from './html.js';

/** Most ranks that get a bar each; more are shown as a histogram. */
export const mostRankBars = 40;

/** A figure of every rank, to be shown as a spread. */
export interface Spread {
  /** `Time of 6 ranks`. */
  readonly label: string;
  readonly values: readonly { readonly rank: number; readonly value: number }[];
  readonly format: (value: number) => string;
  /** A value to compare with: a median, a limit. */
  readonly reference: { readonly name: string; readonly value: number };
  /** Whether a histogram begins at 0, to show how far the values are from the reference. */
  readonly fromZero: boolean;
  /** Values above it stand out. */
  readonly standsOutAbove: number;
}

const colorOf = (spread: Spread, value: number): string => (value > spread.standsOutAbove ? ink.bad : ink.accent);

/** Height in CSS pixels that a spread needs. */
export const spreadHeight = ({ values }: Spread): number =>
  values.length <= mostRankBars ? Math.max(110, values.length * 22 + 52) : 260;

/** Draws a bar a rank, the greatest first, or a histogram where there are many ranks. */
export function drawSpread(size: ChartSize, spread: Spread): SafeHtml {
  return drawChart(
    spread.label,
    size,
    spread.values.length <= mostRankBars ? rankBars(size, spread) : spreadHistogram(size, spread),
  );
}

/** A dashed line with its name, from the bottom to the top of the chart. */
function referenceLine(
  { reference, format }: Spread,
  bottom: number,
  top: number,
  { min, max }: { readonly min: number; readonly max: number },
): LineSeriesOption {
  const share = (reference.value - min) / (max - min);
  return {
    type: 'line',
    silent: true,
    clip: false,
    symbol: 'none',
    itemStyle: { color: ink.text },
    lineStyle: { color: ink.text, width: 1, type: 'dashed' },
    data: [
      { value: [reference.value, bottom] },
      {
        value: [reference.value, top],
        symbol: 'circle',
        symbolSize: 1,
        label: {
          show: true,
          position: 'top',
          align: share > 0.75 ? 'right' : share < 0.25 ? 'left' : 'center',
          formatter: () => `${reference.name} ${format(reference.value)}`,
          ...labelStyle,
          color: ink.text,
        },
      },
    ],
  };
}

function rankBars(size: ChartSize, spread: Spread): ChartOption {
  const sorted = [...spread.values].sort((left, right) => right.value - left.value || left.rank - right.rank);
  const greatest = Math.max(spread.reference.value, ...sorted.map(({ value }) => value));
  return {
    grid: { left: 64, right: 72, top: 22, bottom: 28 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      max: greatest,
      splitNumber: size.width > 600 ? 6 : 2,
      axisLabel: {
        ...quietAxis.axisLabel,
        formatter: (value: number) => (value === 0 ? '0' : spread.format(value)),
        showMaxLabel: false,
      },
    },
    yAxis: rowAxis(sorted.length),
    series: [
      {
        type: 'custom',
        silent: true,
        clip: false,
        encode: { x: 1, y: 0 },
        data: sorted.map(({ value }, index) => [index, value]),
        renderItem: ({ dataIndex }, api) => {
          const { rank, value } = sorted[dataIndex];
          const [left, middle] = api.coord([0, dataIndex]);
          const [right] = api.coord([value, dataIndex]);
          const text = { fontSize: 12, verticalAlign: 'middle', fontFamily: 'inherit' } as const;
          return {
            type: 'group',
            children: [
              {
                type: 'rect',
                shape: { x: left, y: middle - 7, width: Math.max(1, right - left), height: 14 },
                style: { fill: colorOf(spread, value) },
              },
              {
                type: 'text',
                style: { ...text, text: `rank ${rank}`, x: left - 8, y: middle, align: 'right', fill: ink.muted },
              },
              {
                type: 'text',
                style: {
                  ...text,
                  text: spread.format(value),
                  x: size.width - 2,
                  y: middle,
                  align: 'right',
                  fill: ink.text,
                },
              },
            ],
          };
        },
      },
      referenceLine(spread, sorted.length - 0.5, -0.5, { min: 0, max: greatest }),
    ],
  };
}

/** The bins of the histogram of a spread. */
export function spreadBins({ values, fromZero, reference }: Spread): Bin[] {
  const figures = values.map(({ value }) => value);
  return fromZero
    ? histogram(
        figures,
        80,
        figures.reduce((most, figure) => Math.max(most, figure), reference.value),
      )
    : histogram(figures, 28);
}

function spreadHistogram(size: ChartSize, spread: Spread): ChartOption {
  const bins = spreadBins(spread);
  const most = Math.max(...bins.map(({ count }) => count));
  const min = spread.fromZero ? 0 : bins[0].from;
  const max = Math.max(bins[bins.length - 1].to, spread.reference.value);
  return {
    grid: { left: 44, right: 24, top: 26, bottom: 30 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min,
      max,
      splitNumber: size.width > 600 ? 8 : 3,
      splitLine: { show: false },
      axisLabel: {
        ...quietAxis.axisLabel,
        formatter: (value: number) => (value === 0 ? '0' : spread.format(value)),
        showMaxLabel: false,
        showMinLabel: spread.fromZero,
      },
    },
    yAxis: { ...quietAxis, type: 'value', minInterval: 1, splitNumber: 4 },
    series: [
      {
        type: 'custom',
        silent: true,
        data: bins.map(({ from, count }) => [from, count]),
        renderItem: ({ dataIndex }, api) => {
          const { from, to, count } = bins[dataIndex];
          const [left, top] = api.coord([from, count]);
          const [right, bottom] = api.coord([to, 0]);
          return {
            type: 'rect',
            shape: { x: left, y: top, width: Math.max(1, right - left - 1), height: bottom - top },
            style: { fill: colorOf(spread, (from + to) / 2) },
          };
        },
      },
      referenceLine(spread, 0, most, { min, max }),
    ],
  };
}
