import { figure, narrowWidth, picture, section, table, wideWidth } from '../figure.js';
import { html, type SafeHtml } from '../html.js';
import { drawSpread, mostRankBars, type Spread, spreadBins, spreadHeight } from '../spreadChart.js';

/** A figure of every rank with what there is to say about it; a page and a picture show the same. */
export interface SpreadFinding {
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  readonly caption: string;
  readonly spread: Spread;
  /** Heading of the figure in the table. */
  readonly column: string;
  /** In the place of the table of the spread alone. */
  readonly figures?: SafeHtml;
}

/** A part of the page about a figure of every rank. */
export function spreadSection(finding: SpreadFinding | undefined): SafeHtml | undefined {
  if (finding === undefined) return undefined;
  const { id, title, lead, caption, spread, column, figures } = finding;
  const height = spreadHeight(spread);
  return section(
    id,
    title,
    html`<p class="lead">${lead}</p>`,
    figure({
      pictures: picture(
        (size) => drawSpread(size, spread),
        { width: wideWidth, height },
        { width: narrowWidth, height },
      ),
      caption,
      figures: figures ?? spreadTable(spread, column),
    }),
  );
}

/** The figures behind a spread: a row a rank, or a row a bin. */
function spreadTable(spread: Spread, title: string): SafeHtml {
  if (spread.values.length <= mostRankBars) {
    return table(
      spread.label,
      [
        { title: 'Rank', numeric: true },
        { title, numeric: true },
      ],
      spread.values.map(({ rank, value }) => [rank, spread.format(value)]),
    );
  }
  return table(
    spread.label,
    [
      { title: 'From', numeric: true },
      { title: 'To', numeric: true },
      { title: 'Ranks', numeric: true },
    ],
    spreadBins(spread).map(({ from, to, count }) => [spread.format(from), spread.format(to), count]),
  );
}
