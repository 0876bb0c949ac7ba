import type { Basis, Bill, BillLine } from '../run/bill.js';
import { maxMemoryUsedUsd } from './cosmicAiEstimate.js';
import { BillInputError } from './errors.js';
import { type BilledInvocation, lambdaLines, paidMs } from './lambdaLines.js';
import {
  type Architecture,
  type Price,
  type PriceTable,
  priceOf,
  pricesOf,
  type RegionPrices,
  rendezvousInstanceType,
} from './prices.js';
import { hostHourUsd } from './rendezvousHost.js';

export type { BilledInvocation } from './lambdaLines.js';

/** Everything that a run used and that costs something. */
export interface BillInput {
  readonly region: string;
  readonly architecture: Architecture;
  readonly pricesTable: PriceTable;
  /** Every invocation of the run, failed attempts and coordinators too. */
  readonly invocations: readonly BilledInvocation[];
  readonly stateTransitions: { readonly standard: number; readonly basis: Basis };
  /** Requests as the run's own clients counted them. */
  readonly s3: {
    readonly get: number;
    readonly put: number;
    readonly list: number;
    readonly head: number;
    /** Attempts that died with their count, so that no more than their sign-in is in these figures; 0 if left out. */
    readonly partlyCountedAttempts?: number;
  };
  /** Bytes written to CloudWatch Logs; undefined: not known, and said so. */
  readonly logBytes?: number;
  /** Bytes that Logs Insights scanned to find the REPORT lines. */
  readonly logScanBytes?: number;
  /** The rendezvous host while the run needed it. */
  readonly rendezvous: RendezvousUse | null;
  readonly samples: number;
  /** Bytes of the partitions. */
  readonly bytes: number;
}

/** What a run had of the rendezvous host. */
export interface RendezvousUse {
  /** While the run went on. */
  readonly hours: number;
  /** After it, until the host that was started for it stopped itself. */
  readonly idleHours?: number;
  /** As EC2 calls it; default: t4g.micro. */
  readonly instanceType?: string;
  /** Default: that of the instance, with a public IPv4 address. */
  readonly hourlyUsd?: number;
}

/**
 * Computes what a run costs: configured memory times billed time, requests, /tmp, state transitions, S3 requests, logs,
 * and the rendezvous host. Each line says whether it was read off the service's record or worked out.
 *
 * @throws BillInputError when a quantity is negative or not a number; it lists every fault.
 */
export function computeBill(input: BillInput): Bill {
  refuseFaults(input);
  const { region, architecture, pricesTable, invocations, samples, bytes } = input;
  const { prices, pricedRegion, exact } = pricesOf(pricesTable, region);
  const lines = [
    ...lambdaLines(invocations, architecture, prices),
    ...stepFunctionsLines(input, prices),
    ...s3Lines(input, prices),
    ...logLines(input, prices),
    ...rendezvousLines(input, prices),
  ];
  const totalUsd = lines.reduce((sum, { usd }) => sum + usd, 0);
  const notes = [pricesTable.note];
  if (!exact) notes.push(`The price table has no ${region}; these are the prices of ${pricedRegion}.`);
  const lost = input.s3.partlyCountedAttempts ?? 0;
  if (lost > 0) {
    const attempts = lost === 1 ? '1 failed attempt' : `${lost} failed attempts`;
    notes.push(`S3 requests that ${attempts} made after signing in are not in the total: nobody could count them.`);
  }
  if (input.logBytes === undefined) notes.push('Log ingestion is not in the total: its bytes are not known.');
  return {
    currency: pricesTable.currency,
    region,
    architecture,
    pricesAsOf: pricesTable.asOf,
    totalUsd,
    measured: lines.every(({ basis }) => basis === 'measured'),
    notes,
    lines,
    reportLines: {
      found: invocations.filter(({ billedMs }) => billedMs !== undefined).length,
      expected: invocations.length,
    },
    usdPerThousandSamples: samples > 0 ? (totalUsd / samples) * 1000 : null,
    usdPerGb: bytes > 0 ? (totalUsd / bytes) * 1e9 : null,
    otherEstimates: maxMemoryUsedEstimate(invocations),
  };
}

function refuseFaults(input: BillInput): void {
  const figures: [string, number | undefined][] = [
    ['stateTransitions.standard', input.stateTransitions.standard],
    ...Object.entries(input.s3).map(([name, count]): [string, number | undefined] => [`s3.${name}`, count]),
    ['logBytes', input.logBytes],
    ['logScanBytes', input.logScanBytes],
    ['rendezvous.hours', input.rendezvous?.hours],
    ['rendezvous.idleHours', input.rendezvous?.idleHours],
    ['rendezvous.hourlyUsd', input.rendezvous?.hourlyUsd],
    ['samples', input.samples],
    ['bytes', input.bytes],
    ...input.invocations.flatMap((invocation) =>
      (['memoryMb', 'billedMs', 'estimatedMs', 'ephemeralStorageMb', 'maxMemoryUsedMb'] as const).map(
        (name): [string, number | undefined] => [`invocation ${invocation.requestId}: ${name}`, invocation[name]],
      ),
    ),
  ];
  const faults = figures
    .filter(([, figure]) => figure !== undefined && !(Number.isFinite(figure) && figure >= 0))
    .map(([name, figure]) => `${name} must be a number of at least 0, got ${figure}`);
  if (faults.length > 0) throw new BillInputError(faults);
}

type LineWords = Pick<BillLine, 'item' | 'description' | 'unit' | 'basis' | 'note'>;

const priced = (quantity: number, price: Pick<Price, 'usd' | 'per'>, words: LineWords): BillLine => ({
  ...words,
  quantity,
  unitPriceUsd: price.usd / price.per,
  usd: priceOf(price, quantity),
});

function stepFunctionsLines({ stateTransitions }: BillInput, { stepFunctions }: RegionPrices): BillLine[] {
  const { standard, basis } = stateTransitions;
  return [
    priced(standard, stepFunctions.standardTransitions, {
      item: 'step-functions-transitions',
      description: 'Step Functions state transitions',
      unit: 'transitions',
      basis,
      note: basis === 'measured' ? 'counted in the execution history' : 'from the state machine and the attempts',
    }),
  ];
}

function s3Lines({ s3 }: BillInput, prices: RegionPrices): BillLine[] {
  const lost = s3.partlyCountedAttempts ?? 0;
  const note = `counted by the run's own S3 clients${lost > 0 ? `; of ${lost} failed attempts only the sign-in` : ''}`;
  const words = { unit: 'requests', basis: 'estimated', note } as const;
  return [
    priced(s3.put + s3.list, prices.s3.putListRequests, {
      ...words,
      item: 's3-put-list',
      description: 'S3 PUT and LIST requests',
    }),
    priced(s3.get + s3.head, prices.s3.getRequests, {
      ...words,
      item: 's3-get-head',
      description: 'S3 GET and HEAD requests',
    }),
  ];
}

function logLines({ logBytes, logScanBytes }: BillInput, { logs }: RegionPrices): BillLine[] {
  const lines: BillLine[] = [];
  if (logBytes !== undefined) {
    lines.push(
      priced(logBytes / 1e9, logs.ingestedGb, {
        item: 'logs-ingestion',
        description: 'CloudWatch Logs ingestion',
        unit: 'GB',
        basis: 'estimated',
        note: 'bytes of the log lines, 10^9 to the GB',
      }),
    );
  }
  if (logScanBytes !== undefined) {
    lines.push(
      priced(logScanBytes / 1e9, logs.scannedGb, {
        item: 'logs-scan',
        description: 'Logs Insights scan for REPORT lines',
        unit: 'GB',
        basis: 'measured',
        note: 'bytes scanned as Logs Insights reports them, 10^9 to the GB',
      }),
    );
  }
  return lines;
}

function rendezvousLines({ rendezvous }: BillInput, { ec2 }: RegionPrices): BillLine[] {
  if (rendezvous === null) return [];
  const { hours, idleHours = 0, instanceType = rendezvousInstanceType } = rendezvous;
  const known = Object.hasOwn(ec2.instanceHours, instanceType);
  const pricedType = known ? instanceType : rendezvousInstanceType;
  const hourlyUsd = rendezvous.hourlyUsd ?? hostHourUsd(ec2, pricedType);
  const what =
    rendezvous.hourlyUsd === undefined
      ? `${instanceType} with a public IPv4 address${known ? '' : ` at the price of ${pricedType}, the only one known`}`
      : 'at the hourly price given';
  const idle = idleHours > 0 ? ` and ${Math.round(idleHours * 60)} min until it stops itself` : '';
  return [
    priced(
      hours + idleHours,
      { usd: hourlyUsd, per: 1 },
      {
        item: 'rendezvous-host',
        description: 'Rendezvous host',
        unit: 'hours',
        basis: 'estimated',
        note: `${what}, for the time of the run${idle}`,
      },
    ),
  ];
}

/** CosmicAI's own arithmetic for the ranks that delivered, as far as their memory use is known. */
function maxMemoryUsedEstimate(invocations: readonly BilledInvocation[]): Bill['otherEstimates'] {
  const ranks = invocations.filter(({ role, failed }) => role === 'rank' && !failed);
  const known = ranks.flatMap(({ maxMemoryUsedMb }) => maxMemoryUsedMb ?? []);
  if (known.length === 0) return [];
  const usd = maxMemoryUsedUsd({
    requests: ranks.length,
    durationS: ranks.reduce((sum, rank) => sum + paidMs(rank) / 1000, 0) / ranks.length,
    memoryGb: known.reduce((sum, memoryMb) => sum + memoryMb / 1024, 0) / known.length,
  });
  const partly = known.length < ranks.length ? ` Memory use is known of ${known.length} of ${ranks.length} ranks.` : '';
  return [
    {
      label: 'max-memory-used',
      usd,
      note: `CosmicAI's formula: requests x mean duration x mean memory used x 0.00001667. Not a bill: Lambda charges the configured memory.${partly}`,
    },
  ];
}
