import { CustomChart, type CustomSeriesOption, LineChart, type LineSeriesOption } from 'echarts/charts';
import { GridComponent, type GridComponentOption } from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { html, type SafeHtml, trusted } from './html.js';

use([CustomChart, LineChart, GridComponent, SVGRenderer]);

/** What a chart of the report may be made of. */
export type ChartOption = ComposeOption<CustomSeriesOption | LineSeriesOption | GridComponentOption>;

/** Size of a drawing in CSS pixels. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Colours are CSS variables of the page (`style.ts`), so that one drawing serves the light and the dark scheme. */
export const ink = {
  text: 'var(--text)',
  muted: 'var(--muted)',
  rule: 'var(--rule)',
  accent: 'var(--accent)',
  bad: 'var(--bad)',
} as const;

/** Text of axes and labels. */
export const labelStyle = { color: ink.muted, fontFamily: 'inherit', fontSize: 12 } as const;

/** An axis in the report's style: labels and thin rules, nothing else. */
export const quietAxis = {
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { ...labelStyle, hideOverlap: true },
  splitLine: { show: true, showMaxLine: false, lineStyle: { color: ink.rule, width: 1 } },
  nameTextStyle: labelStyle,
  nameLocation: 'middle',
} as const;

/** The vertical axis of a chart with so many rows, the first on top, each of which is named where it is drawn. */
export const rowAxis = (rows: number) =>
  ({
    ...quietAxis,
    type: 'value',
    inverse: true,
    min: -0.5,
    max: rows - 0.5,
    axisLabel: { show: false },
    splitLine: { show: false },
  }) as const;

/**
 * Draws a chart as an SVG element that fits into a page. The same option always gives the same text: what echarts numbers
 * by instance is left out, for nothing here needs it.
 *
 * @param label - What the picture shows, for those who cannot see it.
 */
export function drawChart(label: string, { width, height }: ChartSize, option: ChartOption): SafeHtml {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: 'transparent', textStyle: labelStyle, ...option });
    const drawing = innerMarkup(chart.renderToSVGString());
    return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${trusted(drawing)}</svg>`;
  } finally {
    chart.dispose();
  }
}

/**
 * What is inside the root element, without hover styles, event data, fonts that the page sets, and clip paths: nothing is
 * drawn beyond its frame.
 */
function innerMarkup(svg: string): string {
  return svg
    .replace(/^<svg[^>]*>\s*(<rect[^>]*fill="none"[^>]*><\/rect>)?/, '')
    .replace(/<(style|defs)[\s\S]*?<\/\1>/g, '')
    .replace(/ clip-path="[^"]*"/g, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/ (?:class="zr\d+-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="visible")/g, '')
    .replace(/font-size:12px;font-family:inherit;/g, '')
    .replace(/ style=""/g, '')
    .replace(/><\/(path|rect|circle|line)>/g, '/>')
    .replace(/ (?:d|transform|points|[cr]?[xy]|r|width|height)="[^"]*"/g, (attribute) =>
      attribute.replace(/(\.\d)\d+/g, '$1'),
    )
    .replace(/\n\s*/g, '');
}
