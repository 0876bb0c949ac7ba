import { MissingBaselineError } from './errors.js';
import { type Factors, factorsWords } from './factors.js';
import { groupsBut, type MeasuredPoint } from './measuredPoint.js';

/** How one number of ranks compares with one rank. */
export interface ScalingStep {
  readonly ranks: number;
  /** Median time from the first rank's begin to the last rank's end. */
  readonly seconds: number;
  /** S = Ts / Tp. */
  readonly speedUp: number;
  /** E = Ts / (n Tp). */
  readonly efficiency: number;
}

/** Ranks against time where everything else is the same. */
export interface ScalingCurve {
  readonly shared: Factors;
  readonly steps: readonly ScalingStep[];
}

/**
 * Speed-up S = Ts / Tp and efficiency E = Ts / (n Tp) of n ranks, where Tp is their median time and Ts the time of one
 * rank for the same data. With strong scaling, Ts is the median of the one-rank runs. With weak scaling the data grow with
 * the ranks, so that one rank would need n times the time of the one-rank runs: Ts = n T1, and E = T1 / Tp.
 *
 * @throws MissingBaselineError for a group of which no one-rank run succeeded, wherever in the sweep that run stands.
 */
export function scalingCurves(points: readonly MeasuredPoint[], scaling: 'strong' | 'weak'): ScalingCurve[] {
  const withRanks = points.filter(({ factors }) => factors.world_size !== undefined);
  return groupsBut(withRanks, ['world_size']).map(({ shared, points: group }) => {
    const baseline = group.find(({ factors }) => factors.world_size === 1);
    if (!baseline) throw new MissingBaselineError('speed-up', 'a run of 1 rank', factorsWords(shared));
    const oneRankS = baseline.repeats('ranksS').median;
    const steps = group.map((point): ScalingStep => {
      const ranks = Number(point.factors.world_size);
      const seconds = point.repeats('ranksS').median;
      const serialS = scaling === 'weak' ? ranks * oneRankS : oneRankS;
      return { ranks, seconds, speedUp: serialS / seconds, efficiency: serialS / (ranks * seconds) };
    });
    return { shared, steps: steps.sort((left, right) => left.ranks - right.ranks) };
  });
}

/** How much longer runs take in which executors are killed. */
export interface ResilienceCurve {
  readonly shared: Factors;
  readonly steps: readonly {
    readonly failureRate: number;
    readonly seconds: number;
    /** T0 / T: 1 when the failures cost no time. */
    readonly factor: number;
  }[];
}

/**
 * Resilience factor T0 / T of each failure rate, T0 the median time of the job in which nobody was killed.
 *
 * @throws MissingBaselineError
 */
export function resilienceCurves(points: readonly MeasuredPoint[]): ResilienceCurve[] {
  const withRates = points.filter(({ factors }) => factors.failure_rate !== undefined);
  return groupsBut(withRates, ['failure_rate']).map(({ shared, points: group }) => {
    const baseline = group.find(({ factors }) => factors.failure_rate === 0);
    if (!baseline) throw new MissingBaselineError('resilience', 'a run at failure rate 0', factorsWords(shared));
    const undisturbedS = baseline.repeats('jobS').median;
    const steps = group.map((point) => {
      const seconds = point.repeats('jobS').median;
      return { failureRate: Number(point.factors.failure_rate), seconds, factor: undisturbedS / seconds };
    });
    return { shared, steps: steps.sort((left, right) => left.failureRate - right.failureRate) };
  });
}
