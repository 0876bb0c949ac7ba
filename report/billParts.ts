import type { RunSummary } from '../run/summary.js';
import { html, type SafeHtml, trusted } from './html.js';
import { billSection } from './sections/bill.js';
import { headline } from './sections/headline.js';

/** The parts of a report that show what the run cost. */
const billParts = {
  headline,
  bill: ({ bill }: RunSummary): SafeHtml => billSection(bill),
} as const;
type BillPart = keyof typeof billParts;

/** Text of a run is escaped, so that it cannot hold a mark. */
const beginMark = (part: BillPart): string => `<!--begin ${part}-->`;
const endMark = (part: BillPart): string => `<!--end ${part}-->`;

/** A part of the report between marks, by which it can be made again when the bill is complete. */
export const billPart = (part: BillPart, summary: RunSummary): SafeHtml =>
  html`${trusted(beginMark(part))}${billParts[part](summary)}${trusted(endMark(part))}`;

/**
 * The report with another bill: what shows the cost is made again from the summary, and everything else, such as charts of
 * predictions that the summary does not hold, stays as it is.
 *
 * @returns undefined for a page without the marks, which is of an older version or no report.
 */
export function withBill(page: string, summary: RunSummary): string | undefined {
  let changed = page;
  for (const part of ['headline', 'bill'] as const) {
    const begin = changed.indexOf(beginMark(part));
    const end = changed.indexOf(endMark(part), begin);
    if (begin < 0 || end < 0) return undefined;
    changed = changed.slice(0, begin) + billPart(part, summary) + changed.slice(end + endMark(part).length);
  }
  return changed;
}
