import { type ChartOption, type ChartSize, drawChart, ink, quietAxis } from './chart.js';
import { formatFigure } from './format.js';
import type { SafeHtml } from './html.js';
import type { DensityGrid } from './predictionGrid.js';

/** A line over a density, solid or dashed; its points lie within the frame. */
export interface OverLine {
  readonly points: readonly (readonly [number, number])[];
  readonly dashed?: boolean;
}

const axis = (name: string, { from, to }: DensityGrid['x']) =>
  ({
    ...quietAxis,
    type: 'value',
    name,
    min: from,
    max: to,
    splitLine: { ...quietAxis.splitLine, showMaxLine: true },
    splitNumber: 4,
    axisLabel: {
      ...quietAxis.axisLabel,
      showMinLabel: false,
      showMaxLabel: false,
      formatter: (value: number) => formatFigure(value),
    },
  }) as const;

/** The part of the line `y = intercept + slope * x`, with a slope above 0, that lies within a frame. */
export function lineWithin(
  { x, y }: Pick<DensityGrid, 'x' | 'y'>,
  slope: number,
  intercept: number,
): readonly (readonly [number, number])[] {
  const from = Math.max(x.from, (y.from - intercept) / slope);
  const to = Math.min(x.to, (y.to - intercept) / slope);
  return from < to ? [from, to].map((at) => [at, intercept + slope * at] as const) : [];
}

/** Shades of a density; cells of one shade are one path, so that a dense grid stays small. */
const shades = 12;

/** Shade of a cell on a logarithmic scale, so that single samples are seen beside thousands. */
const shadeOf = (count: number, most: number): number =>
  most === 1 ? shades - 1 : Math.round((Math.log(count) / Math.log(most)) * (shades - 1));

/** A horizontal run of cells of one shade, in cells. */
interface Run {
  readonly row: number;
  readonly fromColumn: number;
  readonly toColumn: number;
}

function runsByShade({ cells, counts }: DensityGrid): Run[][] {
  const most = counts.reduce((left, right) => Math.max(left, right), 1);
  const runs = Array.from({ length: shades }, () => [] as Run[]);
  for (let row = 0; row < cells; row++) {
    const shadeAt = (column: number) => {
      const count = column < cells ? counts[row * cells + column] : 0;
      return count > 0 ? shadeOf(count, most) : undefined;
    };
    for (let start = 0, column = 1; column <= cells; column++) {
      if (column < cells && shadeAt(column) === shadeAt(start)) continue;
      const shade = shadeAt(start);
      if (shade !== undefined) runs[shade].push({ row, fromColumn: start, toColumn: column });
      start = column;
    }
  }
  return runs;
}

/** Where samples lie densely, as squares of more or less colour. */
export function drawDensity(
  label: string,
  size: ChartSize,
  axes: { readonly x: string; readonly y: string },
  grid: DensityGrid,
  lines: readonly OverLine[],
): SafeHtml {
  const { x, y, cells } = grid;
  const layers = runsByShade(grid)
    .map((runs, shade) => ({ runs, opacity: 0.16 + (0.84 * shade) / (shades - 1) }))
    .filter(({ runs }) => runs.length > 0);
  const series: ChartOption['series'] = [
    {
      type: 'custom',
      silent: true,
      data: layers.map(() => [x.from, y.from]),
      renderItem: ({ dataIndex }, api) => {
        const { runs, opacity } = layers[dataIndex];
        const [left, bottom] = api.coord([x.from, y.from]);
        const [right, top] = api.coord([x.to, y.to]);
        const cellWidth = (right - left) / cells;
        const cellHeight = (bottom - top) / cells;
        const pathData = runs.map(({ row, fromColumn, toColumn }) => {
          const startX = (left + fromColumn * cellWidth).toFixed(1);
          const endX = (left + toColumn * cellWidth).toFixed(1);
          const lowY = (bottom - row * cellHeight).toFixed(1);
          const highY = (bottom - (row + 1) * cellHeight).toFixed(1);
          return `M${startX} ${lowY}H${endX}V${highY}H${startX}Z`;
        });
        return {
          type: 'path',
          shape: { pathData: pathData.join('') },
          style: { fill: ink.accent, opacity: Number(opacity.toFixed(2)) },
        };
      },
    },
    ...lines.map(({ points, dashed }) => ({
      type: 'line' as const,
      silent: true,
      clip: false,
      symbol: 'none',
      lineStyle: { color: ink.text, width: 1, opacity: 0.7, type: dashed ? ('dashed' as const) : ('solid' as const) },
      data: points.map((point) => [...point]),
    })),
  ];
  return drawChart(label, size, {
    grid: { left: 58, right: 12, top: 10, bottom: 44 },
    xAxis: { ...axis(axes.x, x), nameGap: 28 },
    yAxis: { ...axis(axes.y, y), nameGap: 42 },
    series,
  });
}
