import { describe, expect, it } from 'vitest';
import { renderSweep } from '../../sweep/report/renderSweep.js';
import { sweepCsv } from '../../sweep/sweepCsv.js';
import { parseSweep } from '../../sweep/sweepFile.js';
import type { SweepResult } from '../../sweep/sweepResult.js';
import type { SweepRow } from '../../sweep/sweepRow.js';
import { failed, row } from './rows.js';

const result = (vary: object, rows: readonly SweepRow[], more: object = {}): SweepResult => ({
  version: 1,
  sweep: parseSweep({ name: 'test', payload: {}, data: { source: ['a.pt'] }, vary, ...more }),
  cloud: 'local',
  region: 'us-east-1',
  ended: 'complete',
  plannedRuns: rows.length,
  spentUsd: 0.1,
  notes: [],
  rows,
});
const headings = (page: string) => [...page.matchAll(/<h2 id="([^"]+)"/g)].map(([, id]) => id);

const grid = [25, 50].flatMap((partition_mb, p) =>
  [1, 2].flatMap((data_gb, d) =>
    [1, 2, 3].map((repeat) =>
      row(p * 2 + d, repeat, { partition_mb, data_gb }, 10 * data_gb + p + repeat, 0.01 * (p + 1)),
    ),
  ),
);

describe('renderSweep', () => {
  it('has the figures of what was varied', () => {
    const page = renderSweep(result({ partition_mb: [25, 50], data_gb: [1, 2] }, grid));
    expect(headings(page)).toEqual(['data-size', 'partition-size', 'stages', 'pareto', 'points', 'sweep-file']);
    expect(page.match(/="[^"]*(NaN|Infinity)/)).toBeNull();
    expect(page.match(/https?:|<script/)).toBeNull();
    expect([...page.matchAll(/<figure>/g)]).toHaveLength([...page.matchAll(/<\/figure>\s*<details>/g)].length);
  });

  it('lists a failed run with its reason and plots it nowhere', () => {
    const bad = { ...failed(grid[0], 'NoMemory: <b>killed</b>'), usd: 123_456 };
    const page = renderSweep(result({ partition_mb: [25, 50], data_gb: [1, 2] }, [bad, ...grid.slice(1)]));
    expect(page).toContain('NoMemory: &lt;b&gt;killed&lt;/b&gt;');
    expect(page).not.toContain('123,456');
    const none = renderSweep(
      result(
        { partition_mb: [25, 50], data_gb: [1, 2] },
        grid.map((each) => failed(each, 'x')),
      ),
    );
    expect(none).toContain('No run succeeded');
    expect(none).not.toContain('<svg');
  });

  it('says that a baseline is missing instead of taking another one', () => {
    const rows = [2, 4].map((world_size, point) => row(point, 1, { world_size }, 10));
    const page = renderSweep(result({ world_size: [1, 2, 4] }, rows, { data: undefined }));
    expect(page).toContain('There is no speed-up without a run of 1 rank');
  });
});

describe('sweepCsv', () => {
  it('has one row a run, with quotes where they are needed', () => {
    const lines = sweepCsv([grid[0], failed(grid[1], 'said "no", then left')]).split('\r\n');
    const columns = lines[0].split(',');
    expect(lines).toHaveLength(4);
    expect(lines[1].split(',')).toHaveLength(columns.length);
    expect(lines[1].split(',')[columns.indexOf('jobS')]).toBe('13');
    expect(lines[2]).toContain('"said ""no"", then left"');
    expect(lines[2].endsWith(','.repeat(17))).toBe(true);
  });
});
