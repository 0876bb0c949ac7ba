import { type ChartSize, ink } from './chart.js';
import { type LegendEntry, wideWidth } from './figure.js';
import { html, type SafeHtml, trusted } from './html.js';
import { svgText, wrapText } from './svgText.js';

/** A part of a picture: what it draws in a frame as wide as the page's charts, from y = 0 down to its height. */
export interface Panel {
  readonly height: number;
  readonly markup: SafeHtml;
}

const leadSize = 13;
const lineHeight = 19;
/** Characters of a line; DejaVu Sans takes 0.56 em a character on average, and 0.6 leaves room. */
const leadColumns = Math.floor(wideWidth / (leadSize * 0.6));

/** Puts an SVG element at a place. */
export const placed = (x: number, y: number, markup: SafeHtml): SafeHtml =>
  html`<g transform="translate(${x} ${y})">${markup}</g>`;

/** Puts parts under each other. */
export function stack(panels: readonly Panel[], gap: number): Panel {
  let y = 0;
  const markup = panels.map((panel) => {
    const at = placed(0, y, panel.markup);
    y += panel.height + gap;
    return at;
  });
  return { height: Math.max(0, y - gap), markup: html`${markup}` };
}

/** Sentences, broken into lines. */
export function paragraph(text: string): Panel {
  const lines = wrapText(text, leadColumns);
  return {
    height: lines.length * lineHeight,
    markup: html`${lines.map((line, index) =>
      svgText(0, index * lineHeight + leadSize, line, { size: leadSize, fill: ink.muted }),
    )}`,
  };
}

export const heading = (text: string): Panel => ({
  height: 26,
  markup: svgText(0, 20, text, { size: 20, fill: ink.text, bold: true }),
});

/** Names beside their colours, in columns of one width. */
export function legendPanel(entries: readonly LegendEntry[]): Panel {
  const columnWidth = 152;
  const perRow = Math.floor(wideWidth / columnWidth);
  return {
    height: Math.ceil(entries.length / perRow) * 22,
    markup: html`${entries.map(({ name, color }, index) => {
      const x = (index % perRow) * columnWidth;
      const y = Math.floor(index / perRow) * 22;
      return html`<rect x="${x}" y="${y + 3}" width="11" height="11" rx="2" fill="${color}"/>${svgText(x + 18, y + 13, name, { size: 13, fill: ink.muted })}`;
    })}`,
  };
}

/** Rows of cells; the first column stands left, the others right. */
export function gridPanel(rows: readonly (readonly string[])[], widths: readonly number[]): Panel {
  const rowHeight = 24;
  const rights = widths.map((_, column) => widths.slice(0, column + 1).reduce((sum, width) => sum + width, 0));
  return {
    height: rows.length * rowHeight,
    markup: html`${rows.map(
      (cells, row) =>
        html`<line x1="0" x2="${wideWidth}" y1="${(row + 1) * rowHeight - 4}" y2="${(row + 1) * rowHeight - 4}" stroke="${ink.rule}"/>${cells.map(
          (cell, column) =>
            svgText(column === 0 ? 0 : rights[column], row * rowHeight + 14, cell, {
              size: 13,
              fill: ink.text,
              anchor: column === 0 ? 'start' : 'end',
            }),
        )}`,
    )}`,
  };
}

/** Charts of one size, side by side. */
export function chartPanel(
  { width, height }: ChartSize,
  charts: readonly { readonly x: number; readonly chart: SafeHtml }[],
): Panel {
  // On the page, a chart is as large as its column; here it has a size of its own.
  const sized = (chart: SafeHtml) =>
    trusted(chart.toString().replace(/^<svg /, `<svg width="${width}" height="${height}" `));
  return { height, markup: html`${charts.map(({ x, chart }) => placed(x, 0, sized(chart)))}` };
}
