import type { Stage } from '../run/metrics.js';
import { type ChartSize, drawChart, quietAxis } from './chart.js';
import { formatDuration, formatTick } from './format.js';
import type { SafeHtml } from './html.js';
import { stagePrecedence } from './stageTrack.js';

/** How many ranks are in each stage as time goes on, stacked. */
export function drawActivity(
  size: ChartSize,
  activity: readonly Readonly<Record<Stage, number>>[],
  totalMs: number,
  colorOf: (stage: Stage) => string,
): SafeHtml {
  const stepMs = totalMs / activity.length;
  return drawChart(`Ranks in each stage over ${formatDuration(totalMs)}`, size, {
    grid: { left: 44, right: 16, top: 10, bottom: 30 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      max: totalMs,
      splitNumber: size.width > 600 ? 8 : 3,
      splitLine: { show: false },
      axisLabel: { ...quietAxis.axisLabel, formatter: formatTick, showMaxLabel: false },
    },
    yAxis: { ...quietAxis, type: 'value', minInterval: 1, splitNumber: 4 },
    series: stagePrecedence.map((stage) => ({
      type: 'line',
      stack: 'ranks',
      silent: true,
      clip: false,
      symbol: 'none',
      lineStyle: { width: 0 },
      areaStyle: { color: colorOf(stage), opacity: 1 },
      data: activity.map((ranks, column) => [(column + 0.5) * stepMs, ranks[stage]]),
    })),
  });
}
