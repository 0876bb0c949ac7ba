import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesError } from '../../../../local/states/interpreter/errorNames.js';
import { retryDelayMs } from '../../../../local/states/interpreter/retryDelay.js';

const ErrorEquals = ['States.ALL'];

describe('retryDelayMs', () => {
  it('starts at one second and doubles where nothing is said', () => {
    expect([0, 1, 2].map((attempt) => retryDelayMs({ ErrorEquals }, attempt, Math.random))).toEqual([
      1_000, 2_000, 4_000,
    ]);
  });

  it('never falls without jitter, and never exceeds MaxDelaySeconds', () => {
    const retrier = fc.record({
      IntervalSeconds: fc.integer({ min: 1, max: 100 }),
      BackoffRate: fc.double({ min: 1, max: 5, noNaN: true }),
      MaxDelaySeconds: fc.integer({ min: 101, max: 1_000 }),
    });
    fc.assert(
      fc.property(retrier, fc.nat(30), fc.double({ min: 0, max: 0.999, noNaN: true }), (fields, attempt, draw) => {
        const [now, next] = [attempt, attempt + 1].map((n) => retryDelayMs({ ErrorEquals, ...fields }, n, () => draw));
        expect(next).toBeGreaterThanOrEqual(now!);
        expect(next).toBeLessThanOrEqual(fields.MaxDelaySeconds * 1_000);
        const jittered = retryDelayMs({ ErrorEquals, ...fields, JitterStrategy: 'FULL' }, attempt, () => draw);
        expect(jittered).toBeCloseTo(draw * now!, 6);
      }),
    );
  });
});

describe('matchesError', () => {
  it.each<[string, string, boolean]>([
    ['Boom', 'Boom', true],
    ['Boom', 'Bang', false],
    ['States.ALL', 'Boom', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'Boom', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.DataLimitExceeded', false],
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
  ])('%s takes %s: %j', (name, error, taken) => {
    expect(matchesError([name], error)).toBe(taken);
  });
});
