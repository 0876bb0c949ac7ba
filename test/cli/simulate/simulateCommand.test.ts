import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateDirectory } from '../../../cli/cloud/stateDirectory.js';
import { Interruption } from '../../../cli/interruption.js';
import { type SimulateOptions, simulate } from '../../../cli/simulate/simulateCommand.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { recordingTerminal } from '../terminal/recordingTerminal.js';

async function prepared(options: Partial<SimulateOptions>, { json = true, payload = {} } = {}) {
  const { terminal, written } = recordingTerminal({ json });
  const folder = await temporaryFolder();
  const session = {
    terminal,
    interruption: new Interruption(Object.assign(new EventEmitter(), { exit: () => {} }), []),
    directory: stateDirectory(join(folder, '.muster')),
  };
  const path = join(folder, 'payload.json');
  await writeFile(
    path,
    JSON.stringify({ bucket: 'bucket', S3_object_name: 'm', data_prefix: 'd', result_path: 'r', ...payload }),
  );
  return { written, run: () => simulate(session, path, { ranks: 200, seed: 1, replications: 30, ...options }) };
}

async function simulated(options: Partial<SimulateOptions> = {}) {
  const { written, run } = await prepared(options);
  expect(await run()).toBe(0);
  return JSON.parse(written.stdout);
}

describe('muster simulate', () => {
  it('gives quantiles of time and bill, the same for the same seed', async () => {
    const { simulation, forecast, faults } = await simulated();
    expect(faults).toEqual([]);
    expect(forecast.worldSize).toBe(200);
    for (const { p5, p50, p95 } of [simulation.wallS, simulation.usd, simulation.slowestRankS]) {
      expect(p5).toBeLessThan(p50);
      expect(p50).toBeLessThan(p95);
    }
    expect((await simulated()).simulation).toEqual(simulation);
    expect((await simulated({ seed: 2 })).simulation.wallS).not.toEqual(simulation.wallS);
  });

  it('goes far past what can be alive at once, whose ramp and waiting it counts', async () => {
    const few = await simulated({ ranks: 1_200, replications: 20, concurrency: 40 });
    const many = await simulated({ ranks: 1_200, replications: 20, concurrency: 1_200 });
    expect(few.forecast.waitingRanks).toBe(1_160);
    expect(many.forecast.rampS).toBe(10);
    expect(few.collectives.channel).toBe('none');
    expect(few.simulation.wallS.p50).toBeGreaterThan(many.simulation.wallS.p50);
  });

  it('says it in words', async () => {
    const { written, run } = await prepared({}, { json: false });
    await run();
    expect(written.stdout).toContain('200 ranks, 200 at once, played 30 times');
    expect(written.stdout).toMatch(/p5 +p50 +p95/);
    for (const row of ['whole run', 'slowest rank', 'bill']) {
      expect(written.stdout).toMatch(new RegExp(`^  ${row}( +\\S+.*){3}`, 'm'));
    }
    expect(written.stdout).toContain('how sure: not fitted to any run');
  });

  it('writes the figures of a run that would not get through, and fails', async () => {
    const { written, run } = await prepared({ ranks: 300, concurrency: 100 }, { payload: { collectives: 'relay' } });
    await expect(run()).rejects.toMatchObject({ code: 'CANNOT_RUN' });
    const { faults, simulation } = JSON.parse(written.stdout);
    expect(faults.join()).toContain('300 ranks can never all be alive at once');
    expect(simulation.replications).toBe(30);
  });
});
