import type { ChartSize } from './chart.js';
import { type HtmlValue, html, type SafeHtml } from './html.js';

/** Widths in CSS pixels at which charts are drawn: for a desk and for a phone. The page shows one of them. */
export const wideWidth = 920;
export const narrowWidth = 358;

/** A column of a table; figures stand to the right. */
export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

/** A table that scrolls by itself where it is too wide. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly HtmlValue[])[]): SafeHtml {
  const cell = (value: HtmlValue, index: number) =>
    columns[index].numeric ? html`<td class="n">${value}</td>` : html`<td>${value}</td>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${columns.map(({ title, numeric }) =>
    numeric ? html`<th scope="col" class="n">${title}</th>` : html`<th scope="col">${title}</th>`,
  )}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}

/** An entry of a legend; `color` is a colour of the page. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
}

export const legend = (entries: readonly LegendEntry[]): SafeHtml =>
  html`<ul class="legend">${entries.map(
    ({ name, color }) => html`<li><i style="background:${color}"></i>${name}</li>`,
  )}</ul>`;

/** One picture, drawn once for wide and once for narrow screens. */
export const picture = (draw: (size: ChartSize) => SafeHtml, wide: ChartSize, narrow: ChartSize): SafeHtml =>
  html`<div class="chart wide">${draw(wide)}</div><div class="chart narrow">${draw(narrow)}</div>`;

/** Pictures with a caption, and behind them the figures that they show. */
export function figure(parts: { pictures: HtmlValue; caption: HtmlValue; figures: SafeHtml }): SafeHtml {
  return html`<figure>${parts.pictures}<figcaption>${parts.caption}</figcaption></figure>
<details><summary>The figures as a table</summary>${parts.figures}</details>`;
}

/** A part of the report under its own heading. */
export const section = (id: string, title: string, ...content: readonly HtmlValue[]): SafeHtml =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>\n`;
