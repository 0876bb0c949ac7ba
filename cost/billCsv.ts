import type { Bill, BillLine } from '../run/bill.js';

const columns = ['item', 'description', 'quantity', 'unit', 'unit_price_usd', 'usd', 'basis', 'note'] as const;

const cell = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const cellsOf = ({ item, description, quantity, unit, unitPriceUsd, usd, basis, note = '' }: BillLine) => [
  item,
  description,
  quantity,
  unit,
  unitPriceUsd,
  usd,
  basis,
  note,
];

/**
 * A bill as comma-separated values (RFC 4180 with line feeds): a heading, its lines, their total, and the other estimates,
 * which are no part of the total and say so by their basis. Figures are not rounded.
 */
export function billCsv(bill: Bill): string {
  const { found, expected } = bill.reportLines;
  const rows: (string | number)[][] = [
    [...columns],
    ...bill.lines.map(cellsOf),
    [
      'total',
      'Total',
      '',
      '',
      '',
      bill.totalUsd,
      bill.measured ? 'measured' : 'mixed',
      `${found} of ${expected} REPORT lines found`,
    ],
    ...bill.otherEstimates.map(({ label, usd, note }) => [label, 'Not billed', '', '', '', usd, 'other formula', note]),
  ];
  return `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`;
}
