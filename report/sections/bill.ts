import type { Bill } from '../../run/bill.js';
import { section, table } from '../figure.js';
import { formatCount, formatFigure, formatPercent, formatUsd } from '../format.js';
import { html, type SafeHtml } from '../html.js';

/** What the run costs, line by line, and how each is known. */
export function billSection(bill: Bill): SafeHtml {
  const { found, expected } = bill.reportLines;
  return section(
    'bill',
    'Bill',
    html`<p class="lead">${formatUsd(bill.totalUsd)} in ${bill.region} on ${bill.architecture}, by list prices of ${bill.pricesAsOf}. ${formatCount(found)} of ${formatCount(expected)} REPORT lines were found.${perUnit(bill)}</p>`,
    table(
      'Lines of the bill',
      [
        { title: 'Item' },
        { title: 'Cost', numeric: true },
        { title: 'Share', numeric: true },
        { title: 'Quantity', numeric: true },
        { title: 'Price each', numeric: true },
        { title: 'Basis' },
      ],
      [
        ...bill.lines.map((line) => [
          html`${line.description}${line.note ? html`<small>${line.note}</small>` : null}`,
          formatUsd(line.usd),
          bill.totalUsd > 0 ? formatPercent(line.usd / bill.totalUsd) : '',
          `${formatFigure(line.quantity)} ${line.unit}`,
          formatUnitPrice(line.unitPriceUsd),
          html`<span class="${line.basis}">${line.basis}</span>`,
        ]),
        [
          html`<strong>Total</strong>`,
          html`<strong>${formatUsd(bill.totalUsd)}</strong>`,
          '',
          '',
          '',
          bill.measured ? html`<span class="measured">measured</span>` : html`<span class="estimated">mixed</span>`,
        ],
      ],
    ),
    bill.notes.map((note) => html`<p class="note">${note}</p>`),
    otherEstimates(bill),
  );
}

const formatUnitPrice = (usd: number): string => `$${usd.toLocaleString('en-US', { maximumSignificantDigits: 6 })}`;

function perUnit({ usdPerThousandSamples, usdPerGb }: Bill): string {
  const parts = [
    usdPerThousandSamples === null ? [] : `${formatUsd(usdPerThousandSamples)} per 1,000 samples`,
    usdPerGb === null ? [] : `${formatUsd(usdPerGb)} per GB`,
  ].flat();
  return parts.length > 0 ? ` That is ${parts.join(', ')}.` : '';
}

function otherEstimates({ otherEstimates: estimates }: Bill): SafeHtml | null {
  if (estimates.length === 0) return null;
  return html`<h3>The same run by other formulas</h3>${table(
    'Not what is billed; for comparison with published figures',
    [{ title: 'Formula' }, { title: 'Cost', numeric: true }],
    estimates.map(({ label, usd, note }) => [html`${label}<small>${note}</small>`, formatUsd(usd)]),
  )}`;
}
