import { describe, expect, it } from 'vitest';
import { MissingBaselineError } from '../../sweep/errors.js';
import { measuredPoints } from '../../sweep/measuredPoint.js';
import { paretoFront } from '../../sweep/paretoFront.js';
import { resilienceCurves, scalingCurves } from '../../sweep/scaling.js';
import { failed, row } from './rows.js';

// One rank stands last, and one run of it is an outlier that a median ignores.
const rows = [
  row(0, 1, { world_size: 4 }, 30),
  row(1, 1, { world_size: 2 }, 50),
  row(2, 1, { world_size: 1 }, 100),
  row(2, 2, { world_size: 1 }, 900),
  row(2, 3, { world_size: 1 }, 99),
];

describe('scalingCurves', () => {
  it('compares with the run of one rank, wherever it stands', () => {
    const [{ steps }] = scalingCurves(measuredPoints(rows), 'strong');
    expect(steps.map(({ ranks, speedUp }) => [ranks, speedUp])).toEqual([
      [1, 1],
      [2, 2],
      [4, 100 / 30],
    ]);
    expect(steps[2].efficiency).toBeCloseTo(100 / (4 * 30));
  });

  it('takes n times the time of one rank for the serial time of weak scaling', () => {
    const [{ steps }] = scalingCurves(measuredPoints(rows), 'weak');
    expect(steps[2].speedUp).toBeCloseTo((4 * 100) / 30);
    expect(steps[2].efficiency).toBeCloseTo(100 / 30);
  });

  it('refuses to compare with anything else when the run of one rank failed', () => {
    const without = rows.map((each) => (each.factors.world_size === 1 ? failed(each, 'States.Timeout') : each));
    expect(() => scalingCurves(measuredPoints(without), 'strong')).toThrow(MissingBaselineError);
  });

  it('needs a baseline for each combination of the other factors', () => {
    const mixed = [...rows, row(3, 1, { world_size: 2, channel: 'relay' }, 10)];
    expect(() => scalingCurves(measuredPoints(mixed), 'strong')).toThrow('with relay');
  });
});

describe('resilienceCurves', () => {
  it('is the undisturbed time of the job over the disturbed one', () => {
    const killed = [row(0, 1, { failure_rate: 0.5 }, 18), row(1, 1, { failure_rate: 0 }, 8)];
    const [{ steps }] = resilienceCurves(measuredPoints(killed));
    expect(steps.map(({ failureRate, factor }) => [failureRate, factor])).toEqual([
      [0, 1],
      [0.5, 0.5],
    ]);
  });
});

describe('paretoFront', () => {
  it('keeps those that no other one beats', () => {
    const points = [
      { seconds: 1, usd: 5 },
      { seconds: 2, usd: 6 },
      { seconds: 3, usd: 2 },
      { seconds: 3, usd: 3 },
      { seconds: 9, usd: 1 },
    ];
    expect(paretoFront(points).map(({ usd }) => usd)).toEqual([5, 2, 1]);
  });
});
