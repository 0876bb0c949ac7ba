import { type ChartSize, drawChart, ink, quietAxis } from './chart.js';
import { formatDuration, formatTick } from './format.js';
import type { SafeHtml } from './html.js';
import type { StageTotals } from './stageTotals.js';

export const stageChartHeight = (stages: number): number => stages * 30 + 34;

/** A bar a stage: its mean over the ranks, and a tick at the rank that spent most on it. */
export function drawStages(
  size: ChartSize,
  totals: readonly StageTotals[],
  colorOf: (stage: StageTotals['stage']) => string,
): SafeHtml {
  const most = Math.max(1, ...totals.map(({ maxMs }) => maxMs));
  return drawChart('Mean time of a rank in each stage, with the longest', size, {
    grid: { left: 88, right: 72, top: 4, bottom: 28 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      max: most,
      splitNumber: size.width > 600 ? 6 : 2,
      axisLabel: { ...quietAxis.axisLabel, formatter: formatTick, showMaxLabel: false },
    },
    yAxis: {
      ...quietAxis,
      type: 'category',
      inverse: true,
      data: totals.map(({ stage }) => stage),
      splitLine: { show: false },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        clip: false,
        encode: { x: [1, 2], y: 0 },
        data: totals.map(({ meanMs, maxMs }, index) => [index, meanMs, maxMs]),
        renderItem: ({ dataIndex }, api) => {
          const { stage, meanMs, maxMs } = totals[dataIndex];
          const [left, middle] = api.coord([0, dataIndex]);
          const [mean] = api.coord([meanMs, dataIndex]);
          const [longest] = api.coord([maxMs, dataIndex]);
          const fill = colorOf(stage);
          return {
            type: 'group',
            children: [
              {
                type: 'rect',
                shape: { x: left, y: middle - 8, width: Math.max(1, mean - left), height: 16 },
                style: { fill },
              },
              {
                type: 'rect',
                shape: { x: mean, y: middle - 1, width: Math.max(0, longest - mean), height: 2 },
                style: { fill },
              },
              { type: 'rect', shape: { x: longest - 1, y: middle - 5, width: 2, height: 10 }, style: { fill } },
              {
                type: 'text',
                style: {
                  text: formatDuration(meanMs),
                  x: longest + 8,
                  y: middle,
                  verticalAlign: 'middle',
                  fill: ink.text,
                  fontSize: 12,
                  fontFamily: 'inherit',
                },
              },
            ],
          };
        },
      },
    ],
  });
}
