import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stateDirectory } from '../../../cli/cloud/stateDirectory.js';
import { Interruption } from '../../../cli/interruption.js';
import { type PlanOptions, plan } from '../../../cli/plan/planCommand.js';
import { runCommandLine } from '../../../cli/program.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { recordingTerminal } from '../terminal/recordingTerminal.js';

async function planned(options: Partial<PlanOptions>, json = true) {
  const { terminal, written } = recordingTerminal({ json });
  const session = {
    terminal,
    interruption: new Interruption(Object.assign(new EventEmitter(), { exit: () => {} }), []),
    directory: stateDirectory(join(await temporaryFolder(), '.muster')),
  };
  const exitCode = await plan(session, { collectives: 'auto', seed: 1, replications: 20, ...options });
  return { exitCode, written };
}

async function answerTo(options: Partial<PlanOptions>) {
  const { exitCode, written } = await planned(options);
  expect(exitCode).toBe(0);
  return JSON.parse(written.stdout);
}

describe('muster plan', () => {
  it('says everything that a question lacks', async () => {
    await expect(planned({})).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/either --data or --data-gb.*--deadline, --budget, or both/),
    });
    await expect(planned({ data: 's3://b/p', dataGb: 1, deadline: 60_000 })).rejects.toThrow('either --data');
  });

  it('answers a deadline with partition size, memory, ranks, time, bill and certainty', async () => {
    const { plan: chosen, data, limits, fit } = await answerTo({ dataGb: 1, deadline: 60_000 });
    expect(limits).toEqual({ deadlineS: 60 });
    expect(data.bytes).toBeCloseTo(1e9, -1);
    expect(fit).toMatchObject({ pilots: 0, fitted: [], constants: { modelError: { value: 0.3 } } });
    expect(chosen.partitions * chosen.partitionMb * 2 ** 20).toBeGreaterThanOrEqual(data.bytes);
    expect(chosen.memoryMb).toBeGreaterThanOrEqual(1_769);
    expect(chosen.worldSize).toBeGreaterThanOrEqual(1);
    expect(chosen.simulation).toMatchObject({ seed: 1, replications: 20 });
    expect(chosen.simulation.keptShare).toBeGreaterThanOrEqual(0.95);
    expect(chosen.simulation.wallS.p50).toBeLessThan(60);
    expect(chosen.forecast.bill.totalUsd).toBeGreaterThan(0);
  });

  it('keeps to a budget', async () => {
    const { plan: chosen } = await answerTo({ dataGb: 1, budget: 0.01 });
    expect(chosen.simulation.usd.p50).toBeLessThanOrEqual(0.01);
    expect(chosen.simulation.keptShare).toBeGreaterThanOrEqual(0.95);
  });

  it('reckons with the reduction, in time and bill, unless told not to', async () => {
    // One rank alone would be too slow.
    const question = { dataGb: 4, deadline: 40_000 };
    const { plan: meeting } = await answerTo(question);
    expect(meeting.worldSize).toBeGreaterThan(1);
    expect(meeting.collectives.channel).toBe('storage');
    expect(meeting.meeting.collectivesS).toBeGreaterThan(0);
    const items = (chosen: typeof meeting) => chosen.forecast.bill.lines.map(({ item }: { item: string }) => item);
    expect(items(meeting)).toContain('s3-collectives');
    const { plan: alone } = await answerTo({ ...question, collectives: 'none' });
    expect(alone).toMatchObject({ collectives: { channel: 'none' }, meeting: null });
    expect(items(alone)).not.toContain('s3-collectives');
    expect(alone.forecast.bill.totalUsd).toBeLessThan(meeting.forecast.bill.totalUsd);
  });

  it('answers an impossible question with what would be possible', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const noted = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => {
      written.mockRestore();
      noted.mockRestore();
      process.exitCode = undefined;
    });
    const line = ['plan', '--data-gb', '1', '--deadline', '1s', '--budget', '1usd', '--replications', '20', '--json'];
    await runCommandLine(['node', 'muster', ...line]);
    expect(process.exitCode).toBe(1);
    expect(JSON.parse(String(written.mock.lastCall?.[0])).error).toMatchObject({
      code: 'NO_PLAN',
      message: expect.stringMatching(/ends within 1 s and costs at most 1 USD .*fastest: [\d.]+ s and .*cheapest: /),
    });
  });

  it('explains every term, and says it in words', async () => {
    const { written } = await planned({ dataGb: 4, deadline: 40_000, failureShare: 0.01, explain: true }, false);
    for (const words of ['partition size', 'memory', 'ranks', 'time', 'bill', 'how sure']) {
      expect(written.stdout).toMatch(new RegExp(`^  ${words} +\\S`, 'm'));
    }
    for (const term of ['coldStartS', 'downloadBytesPerS', 'samplesPerVcpuS', 'stragglerSigma', 's3CallS']) {
      expect(written.stdout).toMatch(new RegExp(`^  ${term} +\\S`, 'm'));
    }
    expect(written.stdout).toMatch(/reduction +[\d.]+ s, [\d.]+ USD +model of the storage channel: one allreduce/);
    expect(written.stdout).toMatch(/attemptFailureShare +0\.01 +given by --failure-share/);
  });
});
