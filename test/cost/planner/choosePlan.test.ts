import { describe, expect, it } from 'vitest';
import { NoPlanError } from '../../../cost/errors.js';
import { defaultConstants, type ForecastConstants } from '../../../cost/forecast/constants.js';
import type { ForecastInput } from '../../../cost/forecast/forecastRun.js';
import type { RankWork } from '../../../cost/forecast/rankTime.js';
import { choosePlan, type PlanQuestion } from '../../../cost/planner/choosePlan.js';
import { type RunLimits, type SimulationOptions, simulateRun } from '../../../cost/planner/simulateRun.js';
import { defaultPriceTable } from '../../../cost/prices.js';

const inputOf = (ranks: readonly RankWork[], memoryMb: number): ForecastInput => ({
  ranks,
  memoryMb,
  ephemeralStorageMb: 512,
  architecture: 'x86_64',
  region: 'us-east-1',
  pricesTable: defaultPriceTable,
  concurrency: 1_000,
  modelBytes: 1e6,
  meeting: null,
  rendezvousStartS: 0,
  usesRendezvous: false,
});

function drained<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const simulation = { seed: 1, replications: 60, retries: 2 };
const work = Array.from({ length: 300 }, () => ({ partitions: 1, bytes: 26e6, samples: 1_279 }));
const simulate = (changes: Partial<SimulationOptions> = {}, constants = defaultConstants) =>
  drained(simulateRun(inputOf(work, 1_769), constants, { ...simulation, ...changes }));
const withValues = (values: Partial<Record<keyof ForecastConstants, number>>): ForecastConstants => ({
  ...defaultConstants,
  ...Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, unit: '', source: 'of the test' }]),
  ),
});

describe('a simulation', () => {
  it('is the same for a seed and another for another', () => {
    expect(simulate()).toEqual(simulate());
    expect(simulate({ seed: 2 }).wallS).not.toEqual(simulate().wallS);
  });

  it('is wider the less sure the model is of itself', () => {
    const width = (modelError: number) => {
      const { p5, p95 } = simulate({}, withValues({ modelError })).wallS;
      return p95 / p5;
    };
    expect(width(0.3)).toBeGreaterThan(1.5 * width(0.02));
  });

  it('takes longer and costs more where attempts fail', () => {
    const sure = simulate({}, withValues({ modelError: 0 }));
    const failing = simulate({}, withValues({ modelError: 0, attemptFailureShare: 0.3 }));
    expect(failing.wallS.p50).toBeGreaterThan(sure.wallS.p50 + defaultConstants.retryDelayS.value);
    expect(failing.usd.p50).toBeGreaterThan(1.1 * sure.usd.p50);
  });

  it('gives up as soon as the needed share cannot be had', () => {
    const limits = { deadlineS: 1 };
    // Three of sixty may miss, the fourth decides.
    expect(simulate({ limits, neededShare: 0.95 })).toMatchObject({ replications: 4, keptShare: 0 });
    expect(simulate({ limits: { deadlineS: 1e6 }, neededShare: 0.95 })).toMatchObject({
      replications: 60,
      keptShare: 1,
    });
  });

  it('counts the replications that kept to the limits', () => {
    const { p50 } = simulate().wallS;
    expect(simulate({ limits: { deadlineS: p50 } }).keptShare).toBeCloseTo(0.5, 1);
    expect(simulate({ limits: { deadlineS: 1 } }).keptShare).toBe(0);
    expect(simulate().keptShare).toBe(1);
  });
});

describe('a plan', () => {
  const ask = (limits: RunLimits, changes: Partial<PlanQuestion> = {}) =>
    drained(
      choosePlan(
        { bytes: 2e9, samples: 97_540, limits, timeoutS: 900, simulation, inputOf, ...changes },
        defaultConstants,
      ),
    );

  it('keeps to a deadline in 95 of 100 replications, and a tighter one costs more', () => {
    const loose = ask({ deadlineS: 600 });
    const tight = ask({ deadlineS: 30 });
    expect(tight.simulation.keptShare).toBeGreaterThanOrEqual(0.95);
    expect(tight.simulation.wallS.p50).toBeLessThan(30);
    expect(tight.forecast.bill.totalUsd).toBeGreaterThan(loose.forecast.bill.totalUsd);
  });

  it('is the fastest that a budget allows', () => {
    const rich = ask({ budgetUsd: 1 });
    const poor = ask({ budgetUsd: 0.01 });
    expect(poor.simulation.usd.p50).toBeLessThan(0.01);
    expect(rich.forecast.wallS).toBeLessThan(poor.forecast.wallS);
  });

  it('covers the data', () => {
    const { partitions, partitionMb, forecast, worldSize } = ask({ deadlineS: 60 });
    expect(partitions * partitionMb * 2 ** 20).toBeGreaterThanOrEqual(2e9);
    expect(forecast).toMatchObject({ worldSize, partitions });
    expect(forecast.bytes).toBeCloseTo(2e9);
  });

  it('is found behind more than thirty cheaper ones that fail', () => {
    const limits = { deadlineS: 26 };
    const steps = choosePlan(
      { bytes: 2e9, samples: 97_540, limits, timeoutS: 900, simulation, inputOf },
      defaultConstants,
    );
    const words: string[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) words.push(step.value);
    expect(step.value.simulation.keptShare).toBeGreaterThanOrEqual(0.95);
    expect(Number.parseInt(words.at(-1) ?? '', 10)).toBeGreaterThanOrEqual(30);
  });

  it('is given up after a bounded simulation, and the answer says so', () => {
    const limits = { deadlineS: 20 };
    expect(() => ask(limits, { mostSimulatedRanks: 100 })).toThrow(
      /The search stopped after \d+ of \d+ plans .*--replications.*fastest: /,
    );
  });

  it('is refused, with what would be possible, where there is none', () => {
    expect(() => ask({ deadlineS: 1, budgetUsd: 5 })).toThrow(
      /ends within 1 s and costs at most 5 USD .*fastest: [\d.]+ s/,
    );
    expect(() => ask({ deadlineS: 60 }, { timeoutS: 0.1 })).toThrow(NoPlanError);
  });
});
