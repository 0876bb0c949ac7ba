import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { budgetArgument } from '../../../cli/commands/budgetArgument.js';
import { fitPilots } from '../../../cli/plan/readPilots.js';
import { PilotRunsError } from '../../../cost/errors.js';
import { exampleRow } from '../execution/examples.js';

const cosmicAi = fileURLToPath(new URL('../../cost/fixtures/cosmicai', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilots-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function summaryFile(runId: string): Promise<string> {
  const path = join(folder, `${runId}.json`);
  const rows = [0, 1, 2].map((rank) => exampleRow(rank, 4_000 + 100 * rank));
  const ranks = { expected: 3, succeeded: 3, failed: [] };
  await writeFile(
    path,
    JSON.stringify({ version: 1, runId, ranks, bill: { totalUsd: 1 }, rows, files: { report: 's3://b/r' } }),
  );
  return path;
}

describe('pilot runs', () => {
  it('are summaries, of which three let a term be fitted', async () => {
    const paths = await Promise.all(['one', 'two', 'three'].map(summaryFile));
    const { pilots, fitted, constants } = await fitPilots(paths);
    expect({ pilots, fitted }).toEqual({ pilots: 3, fitted: ['programStartS'] });
    expect(constants.samplesPerVcpuS.source).toContain('one, two, three');
    expect((await fitPilots(paths.slice(0, 1))).constants.modelError.source).toContain('assumed');
  });

  it('are a folder of CosmicAI results', async () => {
    expect(await fitPilots([cosmicAi])).toMatchObject({ constants: { overlap: { value: 0 } } });
  });

  it('are refused all at once', async () => {
    const other = join(folder, 'other.json');
    await writeFile(other, '{}');
    const refused = fitPilots([join(folder, 'nowhere.json'), other, folder]);
    await expect(refused).rejects.toBeInstanceOf(PilotRunsError);
    await expect(refused).rejects.toThrow(/nowhere\.json[\s\S]*other\.json[\s\S]*total_execution_time\.csv/);
  });
});

describe('a budget', () => {
  it('is an amount of dollars', () => {
    expect(['1usd', '0.25', '2 USD'].map(budgetArgument)).toEqual([1, 0.25, 2]);
    for (const text of ['', '0', '-1usd', '5eur']) expect(() => budgetArgument(text)).toThrow('US dollars');
  });
});
