import { describe, expect, it } from 'vitest';
import { withBill } from '../../report/billParts.js';
import { renderReport } from '../../report/renderReport.js';
import { simulateRun } from './simulatedRun.js';

describe('a report with another bill', () => {
  it('is the report that would have been rendered with it', () => {
    const input = simulateRun(6);
    const { summary } = input;
    const [first, ...others] = summary.bill.lines;
    const bill = {
      ...summary.bill,
      totalUsd: summary.bill.totalUsd + 12.34,
      lines: [{ ...first, usd: first.usd + 12.34 }, ...others],
      reportLines: { found: 1, expected: 2 },
    };
    const before = renderReport(input);
    const after = renderReport({ ...input, summary: { ...summary, bill } });
    expect(after).not.toBe(before);
    expect(withBill(before, { ...summary, bill })).toBe(after);
    expect(withBill(before, summary)).toBe(before);
  });

  it('leaves pages alone that have no such parts', () => {
    expect(withBill('<html></html>', simulateRun(6).summary)).toBeUndefined();
  });
});
