import { type ChartSize, drawChart, ink, quietAxis, rowAxis } from '../../report/chart.js';
import { formatTick } from '../../report/format.js';
import type { SafeHtml } from '../../report/html.js';

/** Medians of a point's stages, in seconds. */
export interface StageBar {
  readonly name: string;
  readonly startUpS: number;
  readonly containerS: number;
  readonly reductionS: number;
  readonly jobS: number;
}

export const stageParts = [
  { name: 'start-up', color: 'var(--init)', of: ({ startUpS }: StageBar) => startUpS },
  { name: 'container', color: 'var(--inference)', of: ({ containerS }: StageBar) => containerS },
  { name: 'reduction', color: 'var(--collectives)', of: ({ reductionS }: StageBar) => reductionS },
] as const;

const rowHeight = 38;
export const stageBarsHeight = (bars: number): number => bars * rowHeight + 40;

/** Draws a bar a point, its stages one after the other, with a tick where the median job ended. */
export function drawStageBars(size: ChartSize, bars: readonly StageBar[]): SafeHtml {
  const greatest = Math.max(
    ...bars.map(({ startUpS, containerS, reductionS, jobS }) => Math.max(jobS, startUpS + containerS + reductionS)),
  );
  return drawChart('Start-up, container, reduction and job of each point', size, {
    grid: { left: 8, right: 24, top: 4, bottom: 28 },
    xAxis: {
      ...quietAxis,
      type: 'value',
      min: 0,
      max: greatest,
      splitNumber: size.width > 600 ? 8 : 3,
      axisLabel: {
        ...quietAxis.axisLabel,
        formatter: (value: number) => formatTick(value * 1000),
        showMaxLabel: false,
      },
    },
    yAxis: rowAxis(bars.length),
    series: [
      {
        type: 'custom',
        silent: true,
        clip: false,
        data: bars.map((bar, index) => [bar.jobS, index]),
        renderItem: ({ dataIndex }, api) => {
          const bar = bars[dataIndex];
          const x = (seconds: number): number => api.coord([seconds, dataIndex])[0];
          const [, middle] = api.coord([0, dataIndex]);
          let from = 0;
          const parts = stageParts.map(({ color, of }) => {
            const shape = { x: x(from), y: middle + 2, width: Math.max(0, x(from + of(bar)) - x(from)), height: 10 };
            from += of(bar);
            return { type: 'rect', shape, style: { fill: color } } as const;
          });
          const tick = { x: x(bar.jobS) - 1, y: middle - 1, width: 2, height: 16 };
          const text = { text: bar.name, x: x(0), y: middle - 3, verticalAlign: 'bottom', fontSize: 12 } as const;
          return {
            type: 'group',
            children: [
              ...parts,
              { type: 'rect', shape: tick, style: { fill: ink.text } },
              { type: 'text', style: { ...text, fontFamily: 'inherit', fill: ink.muted } },
            ],
          };
        },
      },
    ],
  });
}
