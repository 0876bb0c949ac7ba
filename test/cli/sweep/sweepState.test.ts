import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseVictims } from '../../../cli/sweep/executorKiller.js';
import { runsLeft } from '../../../cli/sweep/runSweep.js';
import { remainingMs } from '../../../cli/sweep/sweepProgress.js';
import { SweepState, sweepFingerprint } from '../../../cli/sweep/sweepState.js';
import { parseSweep } from '../../../sweep/sweepFile.js';
import { failed, row } from '../../sweep/rows.js';
import { temporaryFolder } from '../temporaryFolder.js';

const sweep = parseSweep({ name: 'x', payload: {}, vary: { batch_size: [8, 16] }, repeats: 2 });
const cloud = ['local', 'us-east-1', 'arn'];
const fingerprint = sweepFingerprint(sweep, cloud);
const all = () => true;

describe('SweepState', () => {
  it('has its rows and notes again in another process, and leaves the other runs to be made', async () => {
    const folder = join(await temporaryFolder(), 'new');
    const state = await SweepState.open(folder, fingerprint, all);
    const made = row(1, 1, { batch_size: 16 }, 5);
    await state.keepNotes(['repeated']);
    await state.add(made);
    const later = await SweepState.open(folder, fingerprint, all);
    expect(later.rows).toEqual([made]);
    expect(later.notes).toEqual(['repeated']);
    const left = runsLeft(sweep, later.rows).map(({ point, repeat }) => `${point.index + 1}-${repeat}`);
    expect(left.sort()).toEqual(['1-1', '1-2', '2-2']);
  });

  it('makes failed runs again when it is asked to', async () => {
    const folder = await temporaryFolder();
    const state = await SweepState.open(folder, fingerprint, all);
    await state.add(failed(row(0, 1, { batch_size: 8 }, 5), 'no memory'));
    expect(runsLeft(sweep, state.rows)).toHaveLength(3);
    const again = await SweepState.open(folder, fingerprint, ({ status }) => status === 'SUCCEEDED');
    expect(runsLeft(sweep, again.rows)).toHaveLength(4);
  });

  it('refuses the rows of another sweep, but takes another limit for the same one', async () => {
    const folder = await temporaryFolder();
    await (await SweepState.open(folder, fingerprint, all)).add(row(0, 1, { batch_size: 8 }, 5));
    const other = sweepFingerprint({ ...sweep, seed: 9 }, cloud);
    await expect(SweepState.open(folder, other, all)).rejects.toMatchObject({ code: 'OTHER_SWEEP' });
    await expect(SweepState.open(folder, other, () => false)).resolves.toMatchObject({ rows: [] });
    expect(sweepFingerprint({ ...sweep, stop_after_usd: 1 }, cloud)).toBe(fingerprint);
    expect(sweepFingerprint(sweep, ['aws', 'us-east-1', 'arn'])).not.toBe(fingerprint);
  });
});

it('corrects the forecast of what is left by what was measured', () => {
  const forecasts = [
    { wallS: 10, usd: 1, rankS: 1 },
    { wallS: 20, usd: 1, rankS: 1 },
  ];
  const [left] = runsLeft(sweep, [row(0, 1, {}, 1), row(0, 2, {}, 1), row(1, 1, {}, 1)]).slice(0, 1);
  expect(remainingMs({ made: [], left: [left], forecasts })).toBe(20_000);
  // 3 s of a job (1 s and 2 s around it) where 10 s were forecast.
  expect(remainingMs({ made: [row(0, 1, {}, 1)], left: [left], forecasts })).toBeCloseTo(6_000);
  expect(remainingMs({ made: [failed(row(0, 1, {}, 1), 'x')], left: [left], forecasts })).toBe(20_000);
});

it('chooses as many victims as the rate says, each once, the same for the same seed', () => {
  const victims = chooseVictims(10, 0.3, 0.5);
  expect(victims).toHaveLength(3);
  expect(new Set(victims.map(({ rank }) => rank)).size).toBe(3);
  for (const { share } of victims) expect(share >= 0 && share < 1).toBe(true);
  expect(chooseVictims(10, 0.3, 0.5)).toEqual(victims);
  expect(chooseVictims(10, 0, 0.5)).toEqual([]);
});
