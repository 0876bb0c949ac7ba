import { z } from 'zod';
import { PriceTableError, UnknownArchitectureError } from './errors.js';
import shippedTable from './priceTable.json' with { type: 'json' };

/** Instruction sets of Lambda, by its own names. */
export const architectures = ['x86_64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** The instance that hosts the rendezvous unless a price is given. */
export const rendezvousInstanceType = 't4g.micro';

/** Megabytes of /tmp that cost nothing. */
export const freeEphemeralStorageMb = 512;

/** One figure: `usd` for `per` units, and where it was read. */
const priceSchema = z.object({
  usd: z.number().min(0),
  per: z.number().positive(),
  source: z.string().min(1),
});
export type Price = z.infer<typeof priceSchema>;

const tieredPriceSchema = z
  .object({
    tiers: z
      .array(z.object({ upToGbSeconds: z.number().positive().nullable(), usdPerGbSecond: z.number().min(0) }))
      .min(1),
    source: z.string().min(1),
  })
  .refine(
    ({ tiers }) => tiers.every((tier, index) => (tier.upToGbSeconds === null) === (index === tiers.length - 1)),
    'expected an upper bound for every tier but the last',
  )
  .refine(
    ({ tiers }) =>
      tiers.every(
        ({ upToGbSeconds }, index) =>
          index === 0 || (upToGbSeconds ?? Infinity) > (tiers[index - 1].upToGbSeconds ?? 0),
      ),
    'expected tiers in rising order',
  );
/** A price for GB-seconds that falls with what an account uses in a month. */
export type TieredPrice = z.infer<typeof tieredPriceSchema>;

const regionPricesSchema = z.object({
  name: z.string(),
  lambda: z.object({
    compute: z.record(z.enum(architectures), tieredPriceSchema),
    requests: priceSchema,
    ephemeralStorageGbSeconds: priceSchema,
  }),
  stepFunctions: z.object({ standardTransitions: priceSchema }),
  s3: z.object({ putListRequests: priceSchema, getRequests: priceSchema }),
  logs: z.object({ ingestedGb: priceSchema, scannedGb: priceSchema }),
  ec2: z.object({
    instanceHours: z.object({ [rendezvousInstanceType]: priceSchema }).catchall(priceSchema),
    publicIpv4Hours: priceSchema,
    /** A volume, whether its instance runs or not. */
    gp3GbMonths: priceSchema,
  }),
});
export type RegionPrices = z.infer<typeof regionPricesSchema>;

const priceTableSchema = z
  .object({
    asOf: z.iso.date(),
    currency: z.literal('USD'),
    note: z.string(),
    defaultRegion: z.string(),
    regions: z.record(z.string(), regionPricesSchema),
  })
  .refine(({ defaultRegion, regions }) => Object.hasOwn(regions, defaultRegion), {
    message: 'expected a region of the table',
    path: ['defaultRegion'],
  });
/** List prices in US dollars, on one date, by region. */
export type PriceTable = z.infer<typeof priceTableSchema>;

/**
 * Reads a price table that came from outside.
 *
 * @param name - What messages call it, such as the file's path.
 * @throws PriceTableError that lists every fault.
 */
export function parsePriceTable(table: unknown, name = 'The price table'): PriceTable {
  const result = priceTableSchema.safeParse(table);
  if (result.success) return result.data;
  throw new PriceTableError(
    name,
    result.error.issues.map(({ path, message }) => `${path.join('.') || '(table)'}: ${message}`),
    result.error,
  );
}

/** The table that comes with Muster. */
export const defaultPriceTable: PriceTable = parsePriceTable(shippedTable, 'cost/priceTable.json');

/** The prices of a region; those of the table's default region, with `exact: false`, where it has none. */
export function pricesOf(
  table: PriceTable,
  region: string,
): { readonly prices: RegionPrices; readonly pricedRegion: string; readonly exact: boolean } {
  const exact = Object.hasOwn(table.regions, region);
  const pricedRegion = exact ? region : table.defaultRegion;
  return { prices: table.regions[pricedRegion], pricedRegion, exact };
}

/**
 * The architecture by Lambda's name, from Lambda's or Node's (`process.arch`).
 *
 * @throws UnknownArchitectureError
 */
export function parseArchitecture(name: string): Architecture {
  if (name === 'x86_64' || name === 'x64') return 'x86_64';
  if (name === 'arm64') return 'arm64';
  throw new UnknownArchitectureError(name);
}

/** Dollars of a quantity. */
export const priceOf = ({ usd, per }: Pick<Price, 'usd' | 'per'>, quantity: number): number => (quantity * usd) / per;

/**
 * Dollars of GB-seconds under a tiered price, when the account has used `usedGbSeconds` before them in the month.
 */
export function priceOfGbSeconds({ tiers }: TieredPrice, gbSeconds: number, usedGbSeconds = 0): number {
  let usd = 0;
  let from = usedGbSeconds;
  const end = usedGbSeconds + gbSeconds;
  for (const { upToGbSeconds, usdPerGbSecond } of tiers) {
    const to = Math.min(end, upToGbSeconds ?? Infinity);
    if (to <= from) continue;
    // One tier alone is priced from the quantity itself: (used + quantity) - used would round.
    usd += (from === usedGbSeconds && to === end ? gbSeconds : to - from) * usdPerGbSecond;
    from = to;
  }
  return usd;
}

/** The price of the GB-second that follows `usedGbSeconds`. */
export function marginalUsdPerGbSecond({ tiers }: TieredPrice, usedGbSeconds: number): number {
  const tier = tiers.find(({ upToGbSeconds }) => upToGbSeconds === null || usedGbSeconds < upToGbSeconds);
  return (tier ?? tiers[tiers.length - 1]).usdPerGbSecond;
}
