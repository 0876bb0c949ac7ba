/** Where a figure comes from: read off the service's own record, or worked out. */
export type Basis = 'measured' | 'estimated';

/** One line of a bill; `usd = quantity * unitPriceUsd` unless a tier says otherwise. */
export interface BillLine {
  /** Stable name, for machines: `lambda-compute`, `lambda-requests`, `step-functions-transitions`, ... */
  readonly item: string;
  readonly description: string;
  readonly quantity: number;
  /** `GB-s`, `requests`, `transitions`, `GB`, `hours`. */
  readonly unit: string;
  readonly unitPriceUsd: number;
  readonly usd: number;
  readonly basis: Basis;
  /** How the quantity is known. */
  readonly note?: string;
}

/** What a run costs. */
export interface Bill {
  readonly currency: 'USD';
  readonly region: string;
  readonly architecture: string;
  /** Date of the price table, ISO 8601. */
  readonly pricesAsOf: string;
  readonly totalUsd: number;
  /** True when every line was measured. */
  readonly measured: boolean;
  /** What a reader must know to trust the total, such as prices of another region or costs that are not in it. */
  readonly notes: readonly string[];
  readonly lines: readonly BillLine[];
  /** REPORT lines that were found and that must exist, one an invocation. */
  readonly reportLines: { readonly found: number; readonly expected: number };
  readonly usdPerThousandSamples: number | null;
  /** Per 10^9 bytes of partitions. */
  readonly usdPerGb: number | null;
  /** The same run by other formulas, labelled. */
  readonly otherEstimates: readonly { readonly label: string; readonly usd: number; readonly note: string }[];
}
