import type { Bill } from '../../run/bill.js';
import type { BilledInvocation } from '../../run/usage.js';

/** A bill, and what it was made of. */
export interface Costed {
  /** What was asked for, for machines. */
  readonly source: Readonly<Record<string, string>>;
  /** The same for people. */
  readonly title: string;
  readonly bill: Bill;
  readonly invocations: readonly BilledInvocation[];
  /** What happened on the way. */
  readonly notes: readonly string[];
}
