import type { DurationModel } from '../forecast/forecastRun.js';
import type { RandomStream } from './randomStream.js';

/**
 * Draws the time of each rank: lognormal stragglers, and attempts that fail after a uniform part of their work and come
 * again. A rank keeps its child of the map between two attempts, but no executor runs then.
 *
 * @param retries - Most new attempts of a rank; one that fails still is lost, and has taken its time.
 */
export function drawnDurations(random: RandomStream, retries: number): DurationModel {
  return (times, { stragglerSigma, attemptFailureShare, retryDelayS, coldStartS }) => {
    const durationsS: number[] = [];
    const idleS: number[] = [];
    for (const { totalS, workS } of times) {
      const attemptS = () => totalS + workS * (Math.exp(stragglerSigma.value * random.normal()) - 1);
      let busyS = 0;
      let waitsS = 0;
      let failed = 0;
      while (failed <= retries && random.uniform() < attemptFailureShare.value) {
        busyS += attemptS() * random.uniform();
        if (failed++ === retries) break;
        waitsS += retryDelayS.value;
        busyS += coldStartS.value;
      }
      if (failed <= retries) busyS += attemptS();
      durationsS.push(busyS + waitsS);
      idleS.push(waitsS);
    }
    return { durationsS, idleS };
  };
}
