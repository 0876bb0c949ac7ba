import { EventEmitter } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateDirectory } from '../../../cli/cloud/stateDirectory.js';
import { Interruption } from '../../../cli/interruption.js';
import { makeReport, type ReportOptions } from '../../../cli/report/reportCommand.js';
import type { RunSummary } from '../../../run/summary.js';
import { simulateRun } from '../../report/simulatedRun.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { recordingTerminal } from '../terminal/recordingTerminal.js';

const run = simulateRun(6);
const summary: RunSummary = { ...run.summary, payload: run.payload, versions: run.versions };

/** A folder with what `muster run` leaves on the disk. */
async function copiesOf(document: unknown = summary): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'summary.json'), JSON.stringify(document));
  return folder;
}

async function report(source: string, options: Partial<ReportOptions> = {}) {
  const { terminal, written } = recordingTerminal({ json: true });
  const folder = await temporaryFolder();
  const session = {
    terminal,
    interruption: new Interruption(Object.assign(new EventEmitter(), { exit: () => {} }), []),
    directory: stateDirectory(join(folder, '.muster')),
  };
  await makeReport(session, source, { scheme: 'light', out: join(folder, 'report.html'), ...options });
  return { ...JSON.parse(written.stdout), notes: written.stderr };
}

describe('muster report', () => {
  it('makes a page of a summary on this disk, and says that the predictions are elsewhere', async () => {
    const { runId, format, path, notes } = await report(await copiesOf());
    expect({ runId, format }).toEqual({ runId: summary.runId, format: 'html' });
    const page = await readFile(path, 'utf8');
    for (const part of ['Rank times', 'Barrier wait', 'onnxruntime', '&quot;batch_size&quot;: 256', 'Bill']) {
      expect(page).toContain(part);
    }
    expect(notes).toContain(`muster report ${summary.resultPrefix}`);
  });

  it('takes the stages in time from the metrics beside the summary, of this run alone', async () => {
    const folder = await copiesOf();
    const legendOf = async () => {
      const { path } = await report(folder);
      return /<ul class="legend">.*?<\/ul>/s.exec(await readFile(path, 'utf8'))?.[0] ?? '';
    };
    expect(await legendOf()).toContain('working');
    const records = (run.spans ?? []).map((spans) => ({ muster: { runId: summary.runId, ...spans } }));
    const others = records.map(({ muster }) => ({ muster: { ...muster, runId: 'another' } }));
    await writeFile(join(folder, 'combined_data.json'), JSON.stringify(others));
    expect(await legendOf()).toContain('working');
    await writeFile(join(folder, 'combined_data.json'), JSON.stringify(records));
    expect(await legendOf()).toContain('collectives');
    await writeFile(join(folder, 'combined_data.json'), '[{"total_cpu_time (seconds)": 1}]');
    await expect(report(folder)).rejects.toThrow('combined_data.json: it is not what a run of Muster writes');
  });

  it('draws pictures by the ending of the file', async () => {
    const source = join(await copiesOf(), 'summary.json');
    const out = await temporaryFolder();
    const png = await report(source, { out: join(out, 'deep', 'run.png') });
    const bytes = await readFile(png.path);
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    expect(bytes.readUInt32BE(16)).toBe(2000);
    const svg = await report(source, { out: join(out, 'run.svg'), scheme: 'dark' });
    expect(await readFile(svg.path, 'utf8')).toMatch(/^<svg xmlns=/);
    await expect(report(source, { out: join(out, 'run.pdf') })).rejects.toMatchObject({ code: 'USAGE' });
    expect((await report(source, { out: join(out, 'run.pdf'), format: 'svg' })).format).toBe('svg');
  });

  it('names every field of a summary that is none', async () => {
    const broken = { ...summary, status: 'DONE', rows: [{ ...summary.rows[0], startedAtMs: 'early' }] };
    await expect(report(await copiesOf(broken))).rejects.toMatchObject({
      code: 'SUMMARY_FORMAT',
      message: expect.stringMatching(/status: .*\n.*rows\.0\.startedAtMs: /),
    });
    await expect(report(await copiesOf([1, 2]))).rejects.toMatchObject({ code: 'SUMMARY_FORMAT' });
    const empty = await temporaryFolder();
    await mkdir(join(empty, 'results'));
    await expect(report(join(empty, 'results'))).rejects.toThrow('summary.json: there is no such file.');
  });
});
