import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriceTableError, UnknownArchitectureError } from '../../cost/errors.js';
import {
  architectures,
  defaultPriceTable,
  marginalUsdPerGbSecond,
  parseArchitecture,
  parsePriceTable,
  priceOfGbSeconds,
  pricesOf,
} from '../../cost/prices.js';

const { prices } = pricesOf(defaultPriceTable, 'us-east-1');

describe('price table', () => {
  it('has the us-east-1 figures', () => {
    expect(prices.lambda.compute.x86_64.tiers[0].usdPerGbSecond).toBe(0.0000166667);
    expect(prices.lambda.compute.arm64.tiers[0].usdPerGbSecond).toBe(0.0000133334);
    expect(prices.lambda.requests).toMatchObject({ usd: 0.2, per: 1_000_000 });
    expect(prices.ec2.instanceHours['t4g.micro'].usd).toBe(0.0084);
  });

  it('says of every figure where it was read, and of which region', () => {
    const text = JSON.stringify(defaultPriceTable.regions['us-west-2']);
    const sources = [...text.matchAll(/"source":"([^"]*)"/g)].map(([, source]) => source);
    expect(sources).toHaveLength(text.match(/"usd":|"tiers":/g)?.length ?? 0);
    for (const source of sources) expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.*, Oregon\)$/);
  });

  it('answers an unknown region with the default one and says so', () => {
    expect(pricesOf(defaultPriceTable, 'moon-west-1')).toEqual({ prices, pricedRegion: 'us-east-1', exact: false });
    expect(pricesOf(defaultPriceTable, 'toString')).toMatchObject({ exact: false });
  });

  it('refuses a table with every fault listed', () => {
    const broken = structuredClone(defaultPriceTable);
    broken.asOf = 'yesterday';
    broken.defaultRegion = 'moon-west-1';
    broken.regions['us-east-1'].lambda.requests.usd = -1;
    broken.regions['us-east-1'].logs.scannedGb.source = '';
    broken.regions['us-east-1'].lambda.compute.arm64.tiers.reverse();
    const parse = () => parsePriceTable(broken, 'mine.json');
    expect(parse).toThrow(PriceTableError);
    for (const path of [
      'mine.json',
      'asOf',
      'defaultRegion',
      'lambda.requests.usd',
      'logs.scannedGb.source',
      'compute.arm64',
    ]) {
      expect(parse).toThrow(path);
    }
    expect(() => parsePriceTable({ ...defaultPriceTable, defaultRegion: 'moon-west-1' })).toThrow('defaultRegion');
    expect(() => parsePriceTable({ ...defaultPriceTable, regions: undefined })).toThrow('regions');
    expect(() => parsePriceTable('figures')).toThrow('(table)');
  });

  it("knows architectures by Lambda's names and Node's", () => {
    expect(['x86_64', 'x64', 'arm64'].map(parseArchitecture)).toEqual(['x86_64', 'x86_64', 'arm64']);
    expect(() => parseArchitecture('mips')).toThrow(UnknownArchitectureError);
  });
});

describe('tiers', () => {
  const { x86_64 } = prices.lambda.compute;

  it('charges each GB-second at the price of its tier', () => {
    expect(priceOfGbSeconds(x86_64, 6e9)).toBe(6e9 * 0.0000166667);
    expect(priceOfGbSeconds(x86_64, 16e9)).toBeCloseTo(6e9 * 0.0000166667 + 9e9 * 0.000015 + 1e9 * 0.0000133334, 4);
    expect(priceOfGbSeconds(x86_64, 1e9, 5.5e9)).toBeCloseTo(0.5e9 * 0.0000166667 + 0.5e9 * 0.000015, 4);
    expect([0, 6e9, 15e9].map((used) => marginalUsdPerGbSecond(x86_64, used))).toEqual([
      0.0000166667, 0.000015, 0.0000133334,
    ]);
  });

  it('charges the same for a quantity whole and in parts', () => {
    const gbSeconds = fc.double({ min: 0, max: 2e10, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...architectures), gbSeconds, gbSeconds, (architecture, first, second) => {
        const price = prices.lambda.compute[architecture];
        const parts = priceOfGbSeconds(price, first) + priceOfGbSeconds(price, second, first);
        expect(parts).toBeCloseTo(priceOfGbSeconds(price, first + second), 4);
      }),
    );
  });
});
