import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TitleComponent,
  type TitleComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ComparedRow } from './comparisonRecord.js';
import { sizeText } from './comparisonTable.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

type PlotOption = ComposeOption<LineSeriesOption | GridComponentOption | LegendComponentOption | TitleComponentOption>;

const width = 640;
const height = 400;

export interface PlotSubject {
  readonly operation: string;
  readonly ranks: number;
  readonly what: 'time' | 'busBandwidth';
}

const axes = {
  time: { title: 'mean time of a rank', unit: 'us', value: ({ avgUs }: ComparedRow) => avgUs },
  busBandwidth: { title: 'bus bandwidth', unit: 'MB/s', value: ({ busMbPerS }: ComparedRow) => busMbPerS ?? null },
} as const;

/** Time or bandwidth over size of one operation, both logarithmic, a line for each contender: an SVG document. */
export function comparisonPlot(rows: readonly ComparedRow[], { operation, ranks, what }: PlotSubject): string {
  const shown = rows.filter((row) => row.operation === operation && row.ranks === ranks);
  const contenders = [...new Set(shown.map(({ channel }) => channel))];
  const sizes = [...new Set(shown.map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const { title, unit, value } = axes[what];
  const valueAt = (contender: string, bytes: number) => {
    const row = shown.find((candidate) => candidate.channel === contender && candidate.bytes === bytes);
    return row ? value(row) : null;
  };
  const option: PlotOption = {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: `${operation}, ${ranks} ranks: ${title}`, left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0 },
    grid: { left: 80, right: 20, top: 40, bottom: 70 },
    xAxis: {
      type: 'category',
      data: sizes.map(sizeText),
      name: 'size of a rank',
      nameLocation: 'middle',
      nameGap: 28,
      boundaryGap: false,
    },
    yAxis: { type: 'log', name: unit, axisLabel: { formatter: (tick: number) => tick.toLocaleString('en-US') } },
    series: contenders.map((contender) => ({
      type: 'line',
      name: contender,
      data: sizes.map((bytes) => valueAt(contender, bytes)),
    })),
  };
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
