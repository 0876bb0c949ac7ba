import type { LineSeriesOption } from 'echarts/charts';
import { type ChartSize, drawChart, quietAxis } from './chart.js';
import type { SafeHtml } from './html.js';

/** Repeated measurements of one thing at several sizes of the data. */
export interface SizeSeries {
  readonly name: string;
  /** A colour of the page. */
  readonly color: string;
  readonly symbol: 'circle' | 'diamond';
  readonly points: readonly { readonly dataGb: number; readonly value: number; readonly complete: boolean }[];
}

/** Measurements as points, hollow where the run is incomplete, with a line through the means of each size. */
export function drawBySize(
  label: string,
  size: ChartSize,
  axis: { readonly name: string; readonly format: (value: number) => string },
  series: readonly SizeSeries[],
): SafeHtml {
  return drawChart(label, size, {
    grid: { left: 72, right: 20, top: 30, bottom: 46 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      name: 'data, GB',
      nameGap: 28,
      splitLine: { show: false },
      splitNumber: size.width > 600 ? 8 : 4,
    },
    yAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      name: axis.name,
      nameLocation: 'end',
      nameTextStyle: { ...quietAxis.nameTextStyle, align: 'left', padding: [0, 0, 0, -60] },
      splitNumber: 5,
      axisLabel: { ...quietAxis.axisLabel, formatter: (value: number) => (value === 0 ? '0' : axis.format(value)) },
    },
    series: series.flatMap((each) => [meansOf(each), ...pointsOf(each)]),
  });
}

function meansOf({ color, points }: SizeSeries): LineSeriesOption {
  const sizes = [...new Set(points.map(({ dataGb }) => dataGb))].sort((left, right) => left - right);
  return {
    type: 'line',
    silent: true,
    clip: false,
    symbol: 'none',
    lineStyle: { color, width: 2 },
    data: sizes.map((dataGb) => {
      const values = points.filter((point) => point.dataGb === dataGb).map(({ value }) => value);
      return [dataGb, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  };
}

function pointsOf({ color, symbol, points }: SizeSeries): LineSeriesOption[] {
  return [true, false].map((complete) => ({
    type: 'line',
    silent: true,
    clip: false,
    symbol,
    symbolSize: 8,
    lineStyle: { width: 0 },
    itemStyle: complete ? { color } : { color: 'var(--page)', borderColor: color, borderWidth: 1.5 },
    data: points.filter((point) => point.complete === complete).map(({ dataGb, value }) => [dataGb, value]),
  }));
}
