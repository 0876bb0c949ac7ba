import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CalibrationError } from '../../../cost/errors.js';
import { calibrate } from '../../../cost/forecast/calibrate.js';
import { defaultConstants, vcpusOf } from '../../../cost/forecast/constants.js';
import { type ForecastInput, forecastRun } from '../../../cost/forecast/forecastRun.js';
import { MinHeap } from '../../../cost/forecast/minHeap.js';
import { normalQuantile } from '../../../cost/forecast/normalQuantile.js';
import { rankTime } from '../../../cost/forecast/rankTime.js';
import { scheduleMeeting, scheduleRanks } from '../../../cost/forecast/schedule.js';
import { defaultPriceTable } from '../../../cost/prices.js';
import { exampleRow } from '../../cli/execution/examples.js';

const constants = defaultConstants;
const coldS = constants.coldStartS.value;
const work = { partitions: 1, bytes: 26_214_400, samples: 1_279 };

const input = (count: number, changes: Partial<ForecastInput> = {}): ForecastInput => ({
  ranks: Array.from({ length: count }, () => work),
  memoryMb: 1_769,
  ephemeralStorageMb: 512,
  architecture: 'x86_64',
  region: 'us-east-1',
  pricesTable: defaultPriceTable,
  concurrency: count,
  modelBytes: 1_652_874,
  meeting: null,
  rendezvousStartS: 0,
  usesRendezvous: false,
  ...changes,
});

describe('constants', () => {
  it('say where they come from', () => {
    for (const { source } of Object.values(constants)) expect(source).toMatch(/\w{4}/);
  });

  it('give memory its vCPUs, six at most', () => {
    expect([884.5, 1_769, 10_240, 12_000].map((memoryMb) => vcpusOf(memoryMb, constants))).toEqual([
      0.5,
      1,
      expect.closeTo(5.79, 2),
      6,
    ]);
  });
});

describe('a rank', () => {
  it('takes the longer of download and inference, which overlap', () => {
    const { downloadS, inferenceS, workS } = rankTime(work, { memoryMb: 1_769, modelBytes: 0 }, constants);
    expect(downloadS).toBeCloseTo(26_214_400 / 75e6);
    expect(inferenceS).toBeCloseTo(1_279 / 700);
    expect(workS).toBeCloseTo(inferenceS + 0.2);
  });

  it('gains nothing of memory once the download is what it waits for', () => {
    const heavy = { partitions: 1, bytes: 750e6, samples: 100 };
    const at = (memoryMb: number) => rankTime(heavy, { memoryMb, modelBytes: 0 }, constants).workS;
    expect(at(3_538)).toBe(at(1_769));
    expect(at(884.5)).toBeCloseTo(20.2);
  });

  it('without a partition needs no model', () => {
    const idle = rankTime({ partitions: 0, bytes: 0, samples: 0 }, { memoryMb: 1_769, modelBytes: 1e9 }, constants);
    expect(idle).toMatchObject({ modelS: 0, workS: 0 });
  });
});

describe('the schedule', () => {
  it('starts a thousand executors in every ten seconds', () => {
    const { rampS, ranks } = scheduleRanks(new Array(3_000).fill(60), 3_000, constants);
    expect(rampS).toBe(20);
    expect(ranks[999].startS).toBe(0);
    expect(ranks[1_000].startS).toBe(10);
  });

  it('runs waves on warm executors where there are fewer than ranks', () => {
    const { endS, ranks } = scheduleRanks([4, 4, 4, 4, 4], 2, constants);
    expect(ranks.map(({ cold }) => cold)).toEqual([true, true, false, false, false]);
    expect(endS).toBeCloseTo(coldS + 12);
  });

  it('never has more ranks under way than may be alive, and leaves none out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 50, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        (durations, concurrency) => {
          const { ranks, endS } = scheduleRanks(durations, concurrency, constants);
          expect(ranks).toHaveLength(durations.length);
          for (const { startS } of ranks) {
            const alive = ranks.filter((other) => other.startS <= startS && startS < other.endS).length;
            expect(alive).toBeLessThanOrEqual(concurrency);
          }
          const total = durations.reduce((sum, durationS) => sum + durationS, 0);
          expect(endS).toBeGreaterThanOrEqual(total / concurrency);
          expect(endS).toBeLessThanOrEqual(total + durations.length * coldS + 1e-9);
        },
      ),
    );
  });

  it('lets nobody leave a meeting before the last has come', () => {
    const { ranks, endS } = scheduleMeeting(new Array(2_500).fill(3), { collectivesS: 1, barrier: false }, constants);
    expect(endS).toBeCloseTo(20 + coldS + 3 + 1);
    expect(new Set(ranks.map((rank) => rank.endS))).toEqual(new Set([endS]));
  });

  it('begins the work after the ramp where there is a barrier', () => {
    const durations = [50, ...new Array(1_500).fill(3)];
    const at = (barrier: boolean) => scheduleMeeting(durations, { collectivesS: 0, barrier }, constants).endS;
    expect(at(true) - at(false)).toBeCloseTo(10);
  });
});

describe('numbers', () => {
  it('come out of the heap in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
        const heap = new MinHeap();
        for (const value of values) heap.add(value);
        const drained = values.map(() => {
          const least = heap.min;
          heap.removeMin();
          return least;
        });
        expect(drained).toEqual([...values].sort((left, right) => left - right));
        expect(heap.min).toBeUndefined();
      }),
    );
  });

  it('have the quantiles of the normal distribution', () => {
    // Abramowitz and Stegun, "Handbook of Mathematical Functions", table 26.5
    const known = { 0.5: 0, 0.8413447461: 1, 0.9772498681: 2, 0.99: 2.326347874, 0.001349898: -3 };
    for (const [probability, quantile] of Object.entries(known)) {
      expect(normalQuantile(Number(probability))).toBeCloseTo(quantile, 7);
    }
    expect(() => normalQuantile(1)).toThrow(RangeError);
  });
});

describe('a forecast', () => {
  it('adds up its stages, and its bill its lines', () => {
    const { wallS, stagesS, bill } = forecastRun(input(40), constants);
    expect(wallS).toBeCloseTo(stagesS.initialize + stagesS.ranks + stagesS.aggregate);
    expect(bill.totalUsd).toBeCloseTo(bill.lines.reduce((sum, { usd }) => sum + usd, 0));
    expect(bill.lines.every(({ basis }) => basis === 'estimated')).toBe(true);
  });

  it('expects the slowest of many to be slower than that of few', () => {
    const slowest = (count: number) => forecastRun(input(count), constants).slowestRankS;
    expect(slowest(1)).toBeCloseTo(forecastRun(input(1), constants).rank.totalS);
    expect(slowest(1_000)).toBeGreaterThan(slowest(10));
  });

  it('is the same at every forecast', () => {
    expect(forecastRun(input(500), constants)).toEqual(forecastRun(input(500), constants));
  });

  it('bills what ranks wait for each other, the host they meet at and the objects they meet by', () => {
    const meeting = { collectivesS: 1, requestsUsd: 0.5, barrier: false };
    const alone = forecastRun(input(3_000), constants);
    const together = forecastRun(input(3_000, { meeting, usesRendezvous: true }), constants);
    const item = (name: string, { bill }: typeof alone) => bill.lines.find((line) => line.item === name)?.usd ?? 0;
    expect(item('lambda-compute', together)).toBeGreaterThan(3 * item('lambda-compute', alone));
    expect(item('s3-collectives', together)).toBe(0.5);
    expect(item('rendezvous-host', alone)).toBe(0);
    expect(item('rendezvous-host', together)).toBeGreaterThan(0);
  });

  it('takes longer by the start of the host', () => {
    const { wallS } = forecastRun(input(4), constants);
    expect(forecastRun(input(4, { rendezvousStartS: 45 }), constants).wallS).toBeCloseTo(wallS + 45);
  });
});

describe('calibration', () => {
  const row = (rank: number, changes: object) => ({ ...exampleRow(rank, 4_000), memoryMb: 3_538, ...changes });

  it('takes from a run what it can tell, and says so', () => {
    const stageMs = { ...exampleRow(0, 1).stageMs, init: 1_500, download: 100 };
    const rows = [0, 1, 2].map((rank) => row(rank, { samples: 300, cpuTimeS: 2, bytes: 20e6, stageMs }));
    const calibrated = calibrate({ runId: 'pilot', rows }, constants);
    expect(calibrated.samplesPerVcpuS).toMatchObject({ value: 150, source: expect.stringContaining('run pilot') });
    expect(calibrated.downloadBytesPerS.value).toBe(200e6);
    expect(calibrated.coldStartS.value).toBe(1.5);
    expect(calibrated.stragglerSigma.value).toBe(0);
    expect(calibrated.s3CallS).toBe(constants.s3CallS);
  });

  it('leaves what small or few ranks cannot tell', () => {
    const calibrated = calibrate({ runId: 'tiny', rows: [row(0, { bytes: 1_000, coldStart: false })] }, constants);
    expect(calibrated.downloadBytesPerS).toBe(constants.downloadBytesPerS);
    expect(calibrated.coldStartS).toBe(constants.coldStartS);
    expect(calibrated.stragglerSigma).toBe(constants.stragglerSigma);
  });

  it('refuses a run without work', () => {
    expect(() => calibrate({ runId: 'idle', rows: [row(0, { samples: 0 })] }, constants)).toThrow(CalibrationError);
  });
});
