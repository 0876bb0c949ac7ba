import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BillInput, computeBill } from '../../cost/bill.js';
import { maxMemoryUsedUsd } from '../../cost/cosmicAiEstimate.js';
import { BillInputError } from '../../cost/errors.js';
import { defaultPriceTable } from '../../cost/prices.js';
import type { BilledInvocation } from '../../run/usage.js';

const invocation: BilledInvocation = {
  functionName: 'executor',
  requestId: 'a',
  role: 'rank',
  memoryMb: 10_240,
  billedMs: 14_848,
  estimatedMs: 14_000,
  ephemeralStorageMb: 512,
  failed: false,
};

const nothing: BillInput = {
  region: 'us-east-1',
  architecture: 'x86_64',
  pricesTable: defaultPriceTable,
  invocations: [],
  stateTransitions: { standard: 0, basis: 'measured' },
  s3: { get: 0, put: 0, list: 0, head: 0 },
  logBytes: 0,
  rendezvous: null,
  samples: 0,
  bytes: 0,
};

const lineOf = (input: BillInput, item: string) => computeBill(input).lines.find((line) => line.item === item);

describe('Lambda lines', () => {
  it('bills 14186.75 ms and 660.76 ms of init at 10,240 MB as 148.48 GB-s', () => {
    const compute = lineOf({ ...nothing, invocations: [invocation] }, 'lambda-compute');
    expect(compute).toMatchObject({ quantity: 148.48, unit: 'GB-s', basis: 'measured' });
    expect(compute?.usd).toBeCloseTo(0.00247467, 8);
    const arm = { ...nothing, architecture: 'arm64', invocations: [invocation] } as const;
    expect(lineOf(arm, 'lambda-compute')?.usd).toBeCloseTo(0.00197974, 8);
    expect(lineOf(arm, 'lambda-requests')?.usd).toBeCloseTo(0.0000002, 12);
  });

  it('rounds an estimate up to a whole millisecond, as Lambda rounds, and says that it is one', () => {
    const guessed = { ...invocation, billedMs: undefined, estimatedMs: 14_186.75 + 660.76 };
    const bill = computeBill({ ...nothing, invocations: [guessed] });
    expect(bill.lines[0]).toMatchObject({ quantity: 148.48, basis: 'estimated' });
    expect(bill.lines[0].note).toContain('0 of 1 REPORT lines found');
    expect(bill).toMatchObject({ measured: false, reportLines: { found: 0, expected: 1 } });
  });

  it('bills configured memory: the 75 MB runs of CosmicAI cost $0.97, not $0.30', () => {
    const invocations = Array.from({ length: 173 }, (_, index) => ({
      ...invocation,
      requestId: String(index),
      billedMs: 33_677,
      maxMemoryUsedMb: 5948,
    }));
    const bill = computeBill({ ...nothing, invocations });
    expect(bill.totalUsd).toBeCloseTo(0.97, 2);
    expect(bill.otherEstimates).toHaveLength(1);
    expect(bill.otherEstimates[0]).toMatchObject({ label: 'max-memory-used' });
    expect(bill.otherEstimates[0].usd).toBeCloseTo(173 * 33.677 * (5948 / 1024) * 0.00001667, 10);
  });

  it('shows failed attempts and coordinators apart', () => {
    const invocations = [
      invocation,
      { ...invocation, requestId: 'b', failed: true, billedMs: 1000 },
      { ...invocation, requestId: 'c', role: 'coordinator' as const, memoryMb: 512, billedMs: 2000, failed: true },
    ];
    const bill = computeBill({ ...nothing, invocations });
    expect(bill.lines.slice(0, 4).map(({ item, quantity }) => [item, quantity])).toEqual([
      ['lambda-compute', 148.48],
      ['lambda-compute-failed', 10],
      ['lambda-compute-coordinators', 1],
      ['lambda-requests', 3],
    ]);
  });

  it('bills /tmp above 512 MB', () => {
    const invocations = [invocation, { ...invocation, requestId: 'b', ephemeralStorageMb: 1536, billedMs: 5000 }];
    const line = lineOf({ ...nothing, invocations }, 'lambda-ephemeral-storage');
    expect(line?.quantity).toBe(5);
    expect(line?.usd).toBeCloseTo(5 * 0.0000000309, 15);
    expect(lineOf({ ...nothing, invocations: [invocation] }, 'lambda-ephemeral-storage')).toBeUndefined();
  });
});

describe('other lines', () => {
  const input: BillInput = {
    ...nothing,
    stateTransitions: { standard: 4000, basis: 'measured' },
    s3: { get: 9000, put: 1500, list: 500, head: 1000 },
    logBytes: 2e9,
    logScanBytes: 4e9,
    rendezvous: { hours: 2 },
    samples: 500_000,
    bytes: 10e9,
  };

  it('prices transitions, S3 requests, logs and the rendezvous host', () => {
    expect(Object.fromEntries(computeBill(input).lines.map(({ item, usd }) => [item, Number(usd.toFixed(9))]))).toEqual(
      {
        'step-functions-transitions': 0.1,
        's3-put-list': 0.01,
        's3-get-head': 0.004,
        'logs-ingestion': 1,
        'logs-scan': 0.02,
        'rendezvous-host': 0.0268,
      },
    );
  });

  it('says of which attempts the S3 requests are not known', () => {
    const known = { get: 9000, put: 1500, list: 500, head: 1000 };
    const lost = (partlyCountedAttempts: number) => ({ ...input, s3: { ...known, partlyCountedAttempts } });
    expect(lineOf(lost(2), 's3-get-head')).toMatchObject({
      usd: lineOf(input, 's3-get-head')?.usd,
      basis: 'estimated',
      note: "counted by the run's own S3 clients; of 2 failed attempts only the sign-in",
    });
    expect(computeBill(lost(1)).notes).toContain(
      'S3 requests that 1 failed attempt made after signing in are not in the total: nobody could count them.',
    );
    expect(computeBill(lost(0)).notes).toEqual(computeBill(input).notes);
  });

  it('takes the hourly price of a rendezvous host that is given', () => {
    expect(lineOf({ ...input, rendezvous: { hours: 2, hourlyUsd: 1.5 } }, 'rendezvous-host')?.usd).toBe(3);
  });

  it('says what a thousand samples and a GB cost', () => {
    const bill = computeBill(input);
    expect(bill.usdPerThousandSamples).toBeCloseTo(bill.totalUsd / 500, 12);
    expect(bill.usdPerGb).toBeCloseTo(bill.totalUsd / 10, 12);
    expect(computeBill(nothing)).toMatchObject({ usdPerThousandSamples: null, usdPerGb: null, otherEstimates: [] });
  });

  it('says when the prices are of another region, and when log bytes are not known', () => {
    const bill = computeBill({ ...nothing, region: 'eu-north-1', logBytes: undefined });
    expect(bill.region).toBe('eu-north-1');
    expect(bill.notes.join(' ')).toMatch(/no eu-north-1; these are the prices of us-east-1.*Log ingestion is not in/);
    expect(computeBill(nothing).notes).toEqual([defaultPriceTable.note]);
    expect(bill.lines.map(({ item }) => item)).not.toContain('logs-ingestion');
  });

  it('is measured only if every line is', () => {
    const bill = computeBill({ ...nothing, invocations: [invocation] });
    expect(bill.measured).toBe(bill.lines.every(({ basis }) => basis === 'measured'));
    expect(bill.lines.find(({ item }) => item === 's3-put-list')?.basis).toBe('estimated');
  });

  it('refuses quantities that are none, all at once', () => {
    const compute = () =>
      computeBill({
        ...nothing,
        invocations: [{ ...invocation, billedMs: Number.NaN, memoryMb: -1 }],
        s3: { ...nothing.s3, get: Number.POSITIVE_INFINITY },
        bytes: -5,
      });
    expect(compute).toThrow(BillInputError);
    expect(compute).toThrow(/s3\.get[\s\S]*bytes[\s\S]*invocation a: memoryMb[\s\S]*invocation a: billedMs/);
  });
});

describe("CosmicAI's cost table", () => {
  it.each([
    ['25 MB', 517, 6.55, 2.8, 0.16],
    ['50 MB', 259, 11.8, 4.0, 0.2],
    ['75 MB', 173, 17.6, 5.9, 0.3],
    ['100 MB', 130, 25, 7.0, 0.38],
  ])('is reproduced at %s', (_, requests, durationS, memoryGb, usd) => {
    expect(maxMemoryUsedUsd({ requests, durationS, memoryGb })).toBeCloseTo(usd, 2);
  });
});

const count = fc.nat(100_000);
const invocations = fc.array(
  fc.record({
    functionName: fc.constant('executor'),
    requestId: fc.uuid(),
    role: fc.constantFrom('rank' as const, 'coordinator' as const),
    memoryMb: fc.integer({ min: 128, max: 10_240 }),
    billedMs: fc.option(fc.nat(900_000), { nil: undefined }),
    estimatedMs: fc.double({ min: 0, max: 900_000, noNaN: true }),
    ephemeralStorageMb: fc.integer({ min: 512, max: 10_240 }),
    failed: fc.boolean(),
  }),
  { maxLength: 20 },
);
const inputs: fc.Arbitrary<BillInput> = fc.record({
  region: fc.constant('us-east-1'),
  architecture: fc.constantFrom('x86_64', 'arm64'),
  pricesTable: fc.constant(defaultPriceTable),
  invocations,
  stateTransitions: fc.record({ standard: count, basis: fc.constantFrom('measured', 'estimated') }),
  s3: fc.record({ get: count, put: count, list: count, head: count }),
  logBytes: count,
  rendezvous: fc.option(fc.record({ hours: fc.double({ min: 0, max: 100, noNaN: true }) }), { nil: null }),
  samples: count,
  bytes: count,
});

describe('any bill', () => {
  it('totals its lines, and each line is quantity times price', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { lines, totalUsd } = computeBill(input);
        expect(totalUsd).toBe(lines.reduce((sum, { usd }) => sum + usd, 0));
        for (const { usd, quantity, unitPriceUsd } of lines) expect(usd).toBeCloseTo(quantity * unitPriceUsd, 9);
      }),
    );
  });

  it('grows with each further invocation', () => {
    fc.assert(
      fc.property(inputs, invocations, (input, more) => {
        const grown = { ...input, invocations: [...input.invocations, ...more] };
        const growth = computeBill(grown).totalUsd - computeBill(input).totalUsd;
        if (more.length === 0) expect(growth).toBe(0);
        else expect(growth).toBeGreaterThan(0);
      }),
    );
  });

  it('is the sum of the bills of its parts', () => {
    fc.assert(
      fc.property(inputs, inputs, (one, other) => {
        const architecture = one.architecture;
        const both: BillInput = {
          ...one,
          invocations: [...one.invocations, ...other.invocations],
          stateTransitions: {
            standard: one.stateTransitions.standard + other.stateTransitions.standard,
            basis: 'estimated',
          },
          s3: {
            get: one.s3.get + other.s3.get,
            put: one.s3.put + other.s3.put,
            list: one.s3.list + other.s3.list,
            head: one.s3.head + other.s3.head,
          },
          logBytes: (one.logBytes ?? 0) + (other.logBytes ?? 0),
          rendezvous: { hours: (one.rendezvous?.hours ?? 0) + (other.rendezvous?.hours ?? 0) },
        };
        const parts = computeBill(one).totalUsd + computeBill({ ...other, architecture }).totalUsd;
        expect(computeBill(both).totalUsd).toBeCloseTo(parts, 9);
      }),
    );
  });
});
