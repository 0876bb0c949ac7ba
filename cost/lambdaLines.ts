import type { BillLine } from '../run/bill.js';
import type { BilledInvocation } from '../run/usage.js';
import {
  type Architecture,
  freeEphemeralStorageMb,
  marginalUsdPerGbSecond,
  priceOf,
  priceOfGbSeconds,
  type RegionPrices,
} from './prices.js';

/** Milliseconds that are paid for, whole ones: measured if the REPORT line was found. */
export const paidMs = ({ billedMs, estimatedMs }: BilledInvocation): number => Math.ceil(billedMs ?? estimatedMs);

/** GB-seconds of configured memory; Lambda's GB is 1024 MB. */
export const gbSecondsOf = (invocation: BilledInvocation): number =>
  ((invocation.memoryMb / 1024) * paidMs(invocation)) / 1000;

/** GB-seconds of /tmp beyond what is free. */
export const ephemeralGbSecondsOf = (invocation: BilledInvocation): number =>
  ((Math.max(0, invocation.ephemeralStorageMb - freeEphemeralStorageMb) / 1024) * paidMs(invocation)) / 1000;

const sumOf = (invocations: readonly BilledInvocation[], figure: (invocation: BilledInvocation) => number): number =>
  invocations.reduce((sum, invocation) => sum + figure(invocation), 0);

function basisOf(invocations: readonly BilledInvocation[]): Pick<BillLine, 'basis' | 'note'> {
  const found = invocations.filter(({ billedMs }) => billedMs !== undefined).length;
  if (found === invocations.length) {
    return { basis: 'measured', note: `billed durations of ${found} REPORT ${found === 1 ? 'line' : 'lines'}` };
  }
  return {
    basis: 'estimated',
    note: `${found} of ${invocations.length} REPORT lines found; the others by the functions' own clocks`,
  };
}

const computeGroups: readonly {
  readonly item: string;
  readonly roles: readonly BilledInvocation['role'][];
  /** Left out: whether an invocation failed does not matter. */
  readonly failed?: boolean;
  readonly description: string;
}[] = [
  { item: 'lambda-compute', roles: ['rank'], failed: false, description: 'Lambda compute, ranks' },
  { item: 'lambda-compute', roles: ['function'], failed: false, description: 'Lambda compute' },
  {
    item: 'lambda-compute-failed',
    roles: ['rank', 'function'],
    failed: true,
    description: 'Lambda compute, failed attempts',
  },
  { item: 'lambda-compute-coordinators', roles: ['coordinator'], description: 'Lambda compute, coordinators' },
  { item: 'lambda-compute-collectors', roles: ['collector'], description: 'Lambda compute, looks for REPORT lines' },
];

/**
 * The lines for Lambda: compute of the ranks, of failed attempts, of the coordinators and of later looks; requests; /tmp. A group without
 * invocations gives no line. Tiers are taken as if the run had the month to itself.
 */
export function lambdaLines(
  invocations: readonly BilledInvocation[],
  architecture: Architecture,
  { lambda }: RegionPrices,
): BillLine[] {
  const tiers = lambda.compute[architecture];
  const lines: BillLine[] = [];
  let usedGbSeconds = 0;
  for (const group of computeGroups) {
    const members = invocations.filter(
      ({ role, failed }) => group.roles.includes(role) && (group.failed === undefined || failed === group.failed),
    );
    if (members.length === 0) continue;
    const gbSeconds = sumOf(members, gbSecondsOf);
    lines.push({
      item: group.item,
      description: group.description,
      quantity: gbSeconds,
      unit: 'GB-s',
      unitPriceUsd: marginalUsdPerGbSecond(tiers, usedGbSeconds),
      usd: priceOfGbSeconds(tiers, gbSeconds, usedGbSeconds),
      ...basisOf(members),
    });
    usedGbSeconds += gbSeconds;
  }
  if (invocations.length > 0) lines.push(requestsLine(invocations, lambda.requests));
  const storage = invocations.filter((invocation) => ephemeralGbSecondsOf(invocation) > 0);
  if (storage.length > 0) lines.push(ephemeralStorageLine(storage, lambda.ephemeralStorageGbSeconds));
  return lines;
}

function requestsLine(invocations: readonly BilledInvocation[], price: RegionPrices['lambda']['requests']): BillLine {
  const { basis } = basisOf(invocations);
  return {
    item: 'lambda-requests',
    description: 'Lambda requests',
    quantity: invocations.length,
    unit: 'requests',
    unitPriceUsd: price.usd / price.per,
    usd: priceOf(price, invocations.length),
    basis,
    note: basis === 'measured' ? 'one a REPORT line' : 'attempts that the run recorded',
  };
}

function ephemeralStorageLine(
  invocations: readonly BilledInvocation[],
  price: RegionPrices['lambda']['ephemeralStorageGbSeconds'],
): BillLine {
  const gbSeconds = sumOf(invocations, ephemeralGbSecondsOf);
  return {
    item: 'lambda-ephemeral-storage',
    description: `Lambda /tmp above ${freeEphemeralStorageMb} MB`,
    quantity: gbSeconds,
    unit: 'GB-s',
    unitPriceUsd: price.usd / price.per,
    usd: priceOf(price, gbSeconds),
    ...basisOf(invocations),
  };
}
