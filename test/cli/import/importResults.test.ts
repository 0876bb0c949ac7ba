import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importResults } from '../../../cli/import/importResults.js';
import { simulateRun } from '../../report/simulatedRun.js';
import { temporaryFolder } from '../temporaryFolder.js';

const published = fileURLToPath(new URL('fixtures/cosmic-ai', import.meta.url));

interface FakeRecord {
  readonly data_path: string;
  readonly result_path?: string;
  readonly muster?: { readonly runId: string; readonly rank: number; readonly worldSize: number };
}

/** A folder of one run with a record for each rank: a second of CPU time, 80 bits and 3 samples. */
async function folderOf(records: readonly FakeRecord[], name = 'results'): Promise<string> {
  const folder = join(await temporaryFolder(), name);
  await mkdir(folder, { recursive: true });
  const document = records.map((record) => ({
    'total_cpu_time (seconds)': 1,
    throughput_bps: 80,
    sample_persec: 3,
    result_path: 'results/1',
    ...record,
  }));
  await writeFile(join(folder, 'combined_data.json'), JSON.stringify(document));
  return folder;
}

const paths = (count: number): FakeRecord[] =>
  Array.from({ length: count }, (_, index) => ({ data_path: `25MB/${index + 1}.pt` }));

async function faultsOf(records: readonly FakeRecord[]) {
  const [run] = await importResults([await folderOf(records)]);
  return run.faults;
}

describe('importing published results', () => {
  it('reads what each run did, with its time from the table above it', async () => {
    const runs = await importResults([published]);
    expect(runs.map(({ runId }) => runId)).toEqual([
      '25MB-1GB-1',
      '25MB-1GB-2',
      '25MB-1GB-3',
      '100MB-1GB-1',
      '100MB-1GB-2',
      '100MB-1GB-3',
    ]);
    expect(runs[0]).toMatchObject({
      origin: 'cosmic-ai',
      partitionMb: 25,
      dataGb: 1,
      repetition: 1,
      partitions: 41,
      samples: 52_398,
      ranks: { succeeded: 41, expected: 41 },
      wallMs: 26_642,
      faults: [],
    });
    expect(runs[0].bytes / 1e6).toBeCloseTo(1075.2, 1);
    expect((runs[0].sumOverRanks?.bitsPerSecond ?? 0) / 1e9).toBeCloseTo(1.506, 3);
    expect((runs[0].overall?.bitsPerSecond ?? 0) / 1e6).toBeCloseTo((1075.207 * 8) / 26.642, 1);
    expect(runs[3]).toMatchObject({ samples: 56_243, ranks: { succeeded: 11, expected: 11 }, wallMs: 38_314 });
  });

  it('names the rank that the third run lacks', async () => {
    const [, , third] = await importResults([join(published, 'result-partition-25MB')]);
    expect(third.ranks).toEqual({ succeeded: 40, expected: 41 });
    expect(third.faults).toEqual([
      { code: 'MISSING_RANKS', message: '40 of 41 ranks delivered; missing: 25MB/135.pt' },
    ]);
  });

  it('counts the missing ranks by the table where no repetition names them', async () => {
    const alone = await temporaryFolder();
    const run = join('result-partition-25MB', '1GB', '3');
    await mkdir(dirname(join(alone, run)), { recursive: true });
    await cp(join(published, run), join(alone, run), { recursive: true });
    const [without] = await importResults([alone]);
    expect(without).toMatchObject({
      ranks: { succeeded: 40, expected: null },
      wallMs: null,
      overall: null,
      faults: [],
    });
    await cp(join(published, 'total_execution_time.csv'), join(alone, 'total_execution_time.csv'));
    const [withTable] = await importResults([join(alone, run)]);
    expect(withTable).toMatchObject({
      wallMs: 20_424,
      faults: [
        { code: 'MISSING_RANKS', message: '40 of 41 ranks delivered; missing: 1 that no repetition has either' },
      ],
    });
  });
});

describe('incomplete runs', () => {
  it('finds exactly one page of a listing suspicious, and no other number', async () => {
    expect(await faultsOf(paths(1000))).toEqual([
      { code: 'FULL_PAGE', message: expect.stringContaining('exactly 1,000 records') },
    ]);
    expect(await faultsOf(paths(999))).toEqual([]);
    expect(await faultsOf(paths(1001))).toEqual([]);
  });

  it('names records that are there twice, and counts them once', async () => {
    const [run] = await importResults([await folderOf([...paths(4), ...paths(2)])]);
    expect(run.ranks.succeeded).toBe(4);
    expect(run.faults).toEqual([{ code: 'DUPLICATES', message: 'more than one record of 25MB/1.pt, 25MB/2.pt' }]);
  });

  it('notices records of several runs in one file', async () => {
    expect(await faultsOf([...paths(2), { data_path: '25MB/3.pt', result_path: 'results/2' }])).toEqual([
      { code: 'FOREIGN_RECORDS', message: 'records of 2 runs: results/1, results/2' },
    ]);
  });

  it('names missing ranks of Muster by their numbers, and ranks that no world has', async () => {
    const ranks = (numbers: readonly number[], worldSize: number) =>
      numbers.map((rank) => ({ data_path: '', muster: { runId: 'nightly', rank, worldSize } }));
    expect(await faultsOf(ranks([0, 2, 4], 6))).toEqual([
      { code: 'MISSING_RANKS', message: '3 of 6 ranks delivered; missing: rank 1, rank 3, rank 5' },
    ]);
    expect(await faultsOf(ranks([0, 1, 2], 2))).toMatchObject([{ code: 'SURPLUS_RECORDS' }]);
    expect(await faultsOf(ranks([1, 0], 2))).toEqual([]);
  });
});

describe("Muster's own runs", () => {
  it('stand beside the others by their summaries', async () => {
    const { summary } = simulateRun(8, 2);
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'summary.json'), JSON.stringify(summary));
    // What lies beside a summary is the same run.
    await cp(join(published, 'result-partition-25MB/1GB/1/combined_data.json'), join(folder, 'combined_data.json'));
    const runs = await importResults([published, folder]);
    expect(runs).toHaveLength(7);
    expect(runs[6]).toMatchObject({
      origin: 'muster',
      runId: summary.runId,
      samples: summary.samples,
      wallMs: summary.wallMs,
      ranks: { succeeded: 6, expected: 8 },
      sumOverRanks: summary.throughput?.sumOverRanks,
      faults: [{ code: 'MISSING_RANKS', message: expect.stringContaining('rank 6 (CorruptPartitionError') }],
    });
    expect(runs[6].partitionMb).toBeCloseTo(summary.bytes / 8 / 2 ** 20, 6);
  });
});

describe('what cannot be read', () => {
  it('lists every file with its faults', async () => {
    const folder = await temporaryFolder();
    for (const [name, text] of Object.entries({
      'a/combined_data.json': '[{"data_path": 7}]',
      'b/combined_data.json': '{',
      'c/summary.json': '{"version": 2}',
      'c/d/combined_data.json': await readFile(
        join(published, 'result-partition-25MB/1GB/1/combined_data.json'),
        'utf8',
      ),
      'c/total_execution_time.csv': 'partition(MB),data(GB),run,num_worlds,duration\n25,1.0,1,41,soon\n',
    })) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await expect(importResults([folder])).rejects.toMatchObject({
      code: 'RESULT_FORMAT',
      message: expect.stringMatching(
        /line 2: expected four numbers and a duration[\s\S]*a\/combined_data\.json[\s\S]*b\/combined_data\.json[\s\S]*c\/summary\.json/,
      ),
    });
  });

  it('says so when there is nothing, or no such folder', async () => {
    const folder = await temporaryFolder();
    await expect(importResults([folder])).rejects.toMatchObject({ code: 'NO_RESULTS' });
    await expect(importResults([join(folder, 'none')])).rejects.toThrow('there is no such folder');
  });
});
