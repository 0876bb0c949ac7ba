import { type ChartSize, drawChart, ink, labelStyle, quietAxis } from './chart.js';
import { formatDuration, formatTick } from './format.js';
import type { SafeHtml } from './html.js';
import type { TimelineRow } from './timeline.js';

const rowHeight = 22;
const axisHeight = 34;

export const timelineHeight = (rows: number): number => rows * rowHeight + axisHeight;

/** Ranks from top to bottom, time since the start of the run from left to right, a colour a stage. */
export function drawTimeline(
  size: ChartSize,
  rows: readonly TimelineRow[],
  totalMs: number,
  colorOf: (kind: TimelineRow['bars'][number]['kind']) => string,
): SafeHtml {
  const bars = rows.flatMap((row, index) => row.bars.map((bar) => ({ ...bar, index })));
  return drawChart(`Timeline of ${rows.length} ranks over ${formatDuration(totalMs)}`, size, {
    grid: { left: 44, right: 16, top: 4, bottom: axisHeight - 4 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      max: totalMs,
      splitNumber: size.width > 600 ? 8 : 3,
      axisLabel: { ...quietAxis.axisLabel, formatter: formatTick, showMaxLabel: false },
    },
    yAxis: {
      ...quietAxis,
      type: 'category',
      inverse: true,
      data: rows.map(({ rank }) => String(rank)),
      splitLine: { show: false },
      axisLabel: {
        ...labelStyle,
        interval: 0,
        color: (_, index) => (rows[index ?? 0].failed ? ink.bad : ink.muted),
      },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        encode: { x: [1, 2], y: 0 },
        data: bars.map(({ index, startMs, endMs }) => [index, startMs, endMs]),
        renderItem: ({ dataIndex }, api) => {
          const { index, startMs, endMs, kind } = bars[dataIndex];
          const [left, middle] = api.coord([startMs, index]);
          const [right] = api.coord([endMs, index]);
          const thin = kind === 'waiting' || kind === 'failedAttempt';
          const height = thin ? 4 : 14;
          return {
            type: 'rect',
            shape: { x: left, y: middle - height / 2, width: Math.max(1, right - left), height, r: thin ? 2 : 0 },
            style: { fill: colorOf(kind) },
          };
        },
      },
    ],
  });
}
