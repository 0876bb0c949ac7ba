import { describe, expect, it } from 'vitest';
import { computeBill } from '../../cost/bill.js';
import { billCsv } from '../../cost/billCsv.js';
import { defaultPriceTable } from '../../cost/prices.js';

const bill = computeBill({
  region: 'us-east-1',
  architecture: 'x86_64',
  pricesTable: defaultPriceTable,
  invocations: [
    {
      functionName: 'executor',
      requestId: 'a',
      role: 'rank',
      memoryMb: 1024,
      billedMs: 1000,
      estimatedMs: 0,
      ephemeralStorageMb: 512,
      failed: false,
      maxMemoryUsedMb: 512,
    },
  ],
  stateTransitions: { standard: 10, basis: 'estimated' },
  s3: { get: 0, put: 0, list: 0, head: 0 },
  logBytes: 1e9,
  rendezvous: null,
  samples: 10,
  bytes: 10,
});

describe('a bill as CSV', () => {
  const [heading, ...rows] = billCsv(bill).trimEnd().split('\n');

  it('has a heading, a row a line, the total, and other formulas that are no part of it', () => {
    expect(heading).toBe('item,description,quantity,unit,unit_price_usd,usd,basis,note');
    expect(rows.map((row) => row.split(',')[0])).toEqual([
      ...bill.lines.map(({ item }) => item),
      'total',
      'max-memory-used',
    ]);
    expect(rows[0]).toBe(
      'lambda-compute,"Lambda compute, ranks",1,GB-s,0.0000166667,0.0000166667,measured,billed durations of 1 REPORT line',
    );
    expect(rows.at(-2)).toBe(`total,Total,,,,${bill.totalUsd},mixed,1 of 1 REPORT lines found`);
  });

  it('quotes what holds commas, quotes and line ends', () => {
    const [line] = bill.lines;
    const [, row] = billCsv({ ...bill, lines: [{ ...line, description: 'a "b", c\nd' }] }).split(
      /\n(?=lambda-compute)/,
    );
    expect(row).toMatch(/^lambda-compute,"a ""b"", c\nd",1,/);
  });
});
