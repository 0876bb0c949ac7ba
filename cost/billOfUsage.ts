import type { Bill } from '../run/bill.js';
import type { RunUsage } from '../run/usage.js';
import { computeBill } from './bill.js';
import { defaultPriceTable, type PriceTable } from './prices.js';

/** The bill of what a run used, by a price table. */
export function billOfUsage(usage: RunUsage, pricesTable: PriceTable = defaultPriceTable): Bill {
  const { logBytes, notes, ...used } = usage;
  const bill = computeBill({ ...used, logBytes: logBytes ?? undefined, pricesTable });
  return { ...bill, notes: [...bill.notes, ...notes] };
}
