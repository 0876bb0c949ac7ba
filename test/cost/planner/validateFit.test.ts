import { describe, expect, it } from 'vitest';
import { PilotRunsError } from '../../../cost/errors.js';
import { cosmicAiConstants, parseExecutionTimes } from '../../../cost/planner/cosmicAiPilots.js';
import { fitWalls } from '../../../cost/planner/fitWalls.js';
import { modelledWallS } from '../../../cost/planner/pilotRun.js';
import { validateFit } from '../../../cost/planner/validateFit.js';
import { cosmicAiResults, cosmicAiRuns, executionTimes } from './cosmicAiFixture.js';

describe('the model of the planner', () => {
  const validation = validateFit(cosmicAiRuns, cosmicAiResults);

  it('fitted to the 25 MB and 100 MB runs, predicts those of 50 MB and 75 MB within 20 % in the median', () => {
    const unseen = validation.medianErrors.filter(({ fitted }) => !fitted);
    expect(unseen.map(({ partitionMb }) => partitionMb)).toEqual([50, 75]);
    for (const { error } of unseen) expect(error).toBeLessThan(0.2);
    expect(validation.unseenError).toBeLessThan(0.2);
  });

  it('has seen no run that it is judged by', () => {
    const others = cosmicAiRuns.map((run) =>
      run.partitionMb === 50 || run.partitionMb === 75 ? { ...run, wallS: run.wallS * 10 } : run,
    );
    const { constants } = validateFit(others, cosmicAiResults).fit;
    expect(constants).toEqual(validation.fit.constants);
  });

  it('fits three terms to 42 wall times, and says how far off it is', () => {
    expect(validation.fit).toMatchObject({
      pilots: 42,
      fitted: ['programStartS', 'aggregateRankS', 'downloadBytesPerS'],
    });
    expect(validation.fit.constants.modelError.value).toBeGreaterThan(0.1);
    expect(validation.fit.constants.modelError.value).toBeLessThan(0.3);
  });

  it('finds again what runs were made with', () => {
    const truth = cosmicAiConstants(cosmicAiResults);
    const made = {
      ...truth,
      programStartS: { ...truth.programStartS, value: 8 },
      aggregateRankS: { ...truth.aggregateRankS, value: 0.05 },
      downloadBytesPerS: { ...truth.downloadBytesPerS, value: 20e6 },
    };
    const runs = cosmicAiRuns.slice(0, 30).map((run) => ({ ...run, wallS: modelledWallS(run, made) }));
    const { constants, medianError } = fitWalls(runs, truth);
    expect(constants.programStartS.value).toBeCloseTo(8, 3);
    expect(constants.aggregateRankS.value).toBeCloseTo(0.05, 4);
    expect(constants.downloadBytesPerS.value / 20e6).toBeCloseTo(1, 3);
    expect(medianError).toBeLessThan(1e-6);
  });

  it('does not explain two runs by three figures', () => {
    const { fitted, constants } = fitWalls(cosmicAiRuns.slice(0, 2), cosmicAiConstants(cosmicAiResults));
    expect(fitted).toEqual([]);
    expect(constants.programStartS.value).toBe(0);
  });
});

describe('results of CosmicAI', () => {
  it('are refused with every line that is none', () => {
    const broken = executionTimes.replace('25,1.0,1,41.0', '25,1.0,1,many').replace('00:28.890', 'soon');
    expect(() => parseExecutionTimes(broken)).toThrow(/line 2 is[\s\S]*line 3 is/);
    expect(() => parseExecutionTimes('a,b\n')).toThrow(PilotRunsError);
  });

  it('are refused where a result is no array of ranks', () => {
    const [{ run }] = cosmicAiResults;
    expect(() => cosmicAiConstants([{ run, json: { ranks: 1 } }])).toThrow(/combined_data\.json: .*array/);
  });
});
