import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChannelPrices,
  modelledChannels,
  type OperationCount,
  pickChannel,
  predictChannel,
} from '../../collectives/channelModel.js';

/** us-east-1. */
const prices: ChannelPrices = {
  lambdaUsdPerGbS: 0.0000166667,
  s3UsdPerPut: 0.000005,
  s3UsdPerGet: 0.0000004,
  s3UsdPerList: 0.000005,
  rendezvousUsdPerHour: 0.0134,
};
const world = { worldSize: 100, memoryMb: 2048, runS: 60 };
const statistics: OperationCount[] = [{ operation: 'allreduce', bytes: 80, count: 1 }];

const operations = fc.constantFrom(
  'send',
  'barrier',
  'bcast',
  'reduce',
  'allreduce',
  'gather',
  'scatter',
  'allgather',
  'alltoall',
  'reduceScatter',
  'scan',
) satisfies fc.Arbitrary<OperationCount['operation']>;
const cases = fc.record({
  channel: fc.constantFrom(...modelledChannels),
  operation: operations,
  bytes: fc.integer({ min: 0, max: 1e8 }),
  count: fc.integer({ min: 1, max: 1000 }),
  worldSize: fc.integer({ min: 1, max: 10_000 }),
});

describe('the model of a channel', () => {
  it('never gets quicker or cheaper by more bytes or more operations', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 1e6 }), ({ channel, operation, bytes, count, worldSize }, more) => {
        const predict = (work: { bytes: number; count: number }) =>
          predictChannel(channel, [{ operation, ...work }], { ...world, worldSize }, prices);
        const base = predict({ bytes, count });
        for (const larger of [predict({ bytes: bytes + more, count }), predict({ bytes, count: count + more })]) {
          expect(larger.timeS).toBeGreaterThanOrEqual(base.timeS);
          expect(larger.usd).toBeGreaterThanOrEqual(base.usd);
        }
      }),
    );
  });

  it('adds its price up from its parts', () => {
    fc.assert(
      fc.property(cases, ({ channel, operation, bytes, count, worldSize }) => {
        const { usd, parts } = predictChannel(channel, [{ operation, bytes, count }], { ...world, worldSize }, prices);
        expect(usd).toBeCloseTo(parts.lambdaUsd + parts.hostUsd + parts.callsUsd, 12);
        expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('counts the calls of a barrier through objects', () => {
    // 11 writes, four looks for each, a heartbeat a second of 10 ranks for 60 s, a listing every second of waiting.
    const { parts, timeS } = predictChannel(
      'storage',
      [{ operation: 'barrier', bytes: 0, count: 1 }],
      { ...world, worldSize: 10 },
      prices,
    );
    expect(timeS).toBeCloseTo(0.5 + 2 * 0.15);
    expect(parts.callsUsd).toBeCloseTo(11 * (5e-6 + 4 * 4e-7) + 10 * (60 * 5e-6 + timeS * 5e-6), 9);
    expect(parts.hostUsd).toBe(0);
  });
});

describe('the choice of a channel', () => {
  it('takes a connection where it is to be fast, and says by how much', () => {
    const { channel, reason, predictions } = pickChannel(
      'fast',
      ['relay', 'direct', 'storage'],
      statistics,
      world,
      prices,
    );
    expect(channel).toBe('relay');
    expect(reason).toMatch(
      /^relay is the quickest by the model: about \d+ ms and [\d.e-]+ USD, against .* over direct/,
    );
    expect(predictions).toHaveLength(3);
    expect(predictions[0]?.channel).toBe('relay');
  });

  it('takes links of their own for much data among many ranks', () => {
    const heavy: OperationCount[] = [{ operation: 'alltoall', bytes: 1e6, count: 100 }];
    expect(pickChannel('fast', ['relay', 'direct', 'storage'], heavy, world, prices).channel).toBe('direct');
  });

  it('takes objects where it is to be cheap and a host would be started for a few small messages', () => {
    const few = { worldSize: 2, memoryMb: 512, runS: 5 };
    expect(pickChannel('cheap', ['relay', 'storage'], statistics, few, prices).channel).toBe('storage');
    const many = { worldSize: 1000, memoryMb: 10_240, runS: 600 };
    expect(pickChannel('cheap', ['relay', 'storage'], statistics, many, prices).channel).toBe('relay');
  });

  it('keeps to the preferred one among equals, and to the only one there is', () => {
    const none: OperationCount[] = [];
    const equal = { worldSize: 1, memoryMb: 128, runS: 0 };
    expect(pickChannel('cheap', ['direct', 'relay'], none, equal, prices).channel).toBe('direct');
    const only = pickChannel('fast', ['storage'], statistics, world, prices);
    expect(only.reason).toMatch(/^storage is the only channel that can be used/);
  });
});
