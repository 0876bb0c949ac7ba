import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ComparisonRecord, type Session } from '../../../bench/collectives/comparisonRecord.js';
import { comparisonReport, measuredDocument, plotsOf } from '../../../bench/collectives/comparisonReport.js';
import { row } from './comparedRows.js';

const terms = { rounds: 3, budgetMs: 100, goalBudgetMs: 2000, plannedCases: 2 };
const session: Session = {
  date: '2026-01-02T03:04:05.000Z',
  minutes: 4.25,
  cases: 1,
  cpu: 'a processor',
  cores: 2,
  node: 'v20',
  others: ['OpenMPI 4.1.4'],
  loadBefore: 0.1,
  loadAfter: 3,
  command: 'npx tsx compare.ts',
};
const allreduce = {
  operation: 'allreduce',
  ranks: 4,
  bytes: 1024,
  rows: [
    row('openmpi', 'allreduce', 4, 1024, [100, 100, 100]),
    row('direct', 'allreduce', 4, 1024, [1500, 150, 160]),
    row('relay', 'allreduce', 4, 1024, [500]),
  ],
  leftOut: [{ contender: 'storage', reason: 'it would take about 99 s' }],
} as const;
const measured = { ...allreduce, rows: [...allreduce.rows], leftOut: [...allreduce.leftOut] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-comparison-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a record', () => {
  it('goes on where an earlier call ended', async () => {
    const file = join(folder, 'record.json');
    const first = await ComparisonRecord.open(file, terms);
    await first.add(measured);
    await first.addSession(session);
    const second = await ComparisonRecord.open(file, terms);
    expect(second.cases).toEqual([measured]);
    expect(second.sessions).toEqual([session]);
    expect(second.has(measured, ['direct', 'openmpi', 'storage'])).toBe(true);
    expect(second.has(measured, ['direct', 'redis'])).toBe(false);
    expect(second.has({ ...measured, bytes: 8 }, ['direct'])).toBe(false);
    await second.add({ ...measured, leftOut: [] });
    expect((await ComparisonRecord.read(file)).cases).toEqual([{ ...measured, leftOut: [] }]);
  });

  it('refuses to mix terms, and a file of something else', async () => {
    const file = join(folder, 'record.json');
    await (await ComparisonRecord.open(file, terms)).add(measured);
    await expect(ComparisonRecord.open(file, { ...terms, rounds: 5 })).rejects.toThrow(
      'measured with --rounds 3 --budget-ms 100',
    );
    await writeFile(file, '{"rows": []}');
    await expect(ComparisonRecord.read(file)).rejects.toThrow('is no record of compare.ts');
    await expect(ComparisonRecord.read(join(folder, 'none.json'))).rejects.toThrow('is not there');
  });
});

describe('what is written into the documents', () => {
  const recorded = async (own: Partial<Session> = {}) => {
    const record = await ComparisonRecord.open(undefined, terms);
    await record.add(measured);
    await record.addSession({ ...session, ...own });
    return record;
  };

  it('has the ratios of the rounds, the goals, and how much is still to be measured', async () => {
    const text = comparisonReport(await recorded());
    expect(text).toContain('| allreduce | 4 | 1 KiB | 500 us (5.00x) | 1.5 ms (1.60x) | 100 us |');
    expect(text).toContain('| allreduce, 4 ranks, direct over openmpi | 1 KiB | <= 2 | 1.60 | met |');
    expect(text).toContain('1 of 2 cases');
    expect(text).toContain('Nothing else ran.');
    expect(text).toContain('(images/collectives-allreduce-4.svg)');
  });

  it('says that the machine was busy when it was', async () => {
    expect(comparisonReport(await recorded({ loadBefore: 1.5 }))).toContain(
      '**The machine was not at rest when the calls began that measured',
    );
  });

  it('has least and most over the ranks, bus bandwidths, and what was left out', async () => {
    const text = measuredDocument(await recorded());
    expect(text).toContain('| allreduce | 4 | 1 KiB | 500 / 250 / 1000 | 1500 / 750 / 3000 | 100 / 50 / 200 |');
    expect(text).toContain('| allreduce | 4 | 1 KiB | 2.05 | 0.683 | 10.2 |');
    expect(text).toContain('- allreduce of 1 KiB among 4 ranks by storage: it would take about 99 s');
  });

  it('has no plot of what was not measured', () => {
    expect(plotsOf([row('direct', 'bcast', 2, 8, [1])])).toEqual([]);
  });
});
