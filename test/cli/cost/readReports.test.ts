import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readReports } from '../../../cli/cost/readReports.js';
import { UnreadableInputError } from '../../../cli/errors.js';
import { packageRoot } from '../../../cli/packageRoot.js';
import { temporaryFolder } from '../temporaryFolder.js';

const log = join(packageRoot, 'test/cost/fixtures/cosmicai-executor-log.txt');
const line =
  'REPORT RequestId: 8f\tDuration: 1.5 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n';
const report = { requestId: '8f', durationMs: 1.5, billedDurationMs: 2, memoryMb: 128, maxMemoryUsedMb: 64 };

describe('an exported log', () => {
  it('is read as text', async () => {
    const { reports } = await readReports(log);
    expect(reports.map(({ billedDurationMs }) => billedDurationMs)).toEqual([40908, 33677, 33810, 33889]);
  });

  it('is read as the JSON of "aws logs filter-log-events", and gzipped', async () => {
    const folder = await temporaryFolder();
    const events = JSON.stringify({ events: [{ timestamp: 1, message: line }, { message: 'START' }] }, null, 4);
    await writeFile(join(folder, 'a.json'), events);
    await writeFile(join(folder, 'a.json.gz'), gzipSync(events));
    for (const name of ['a.json', 'a.json.gz']) {
      expect((await readReports(join(folder, name))).reports, name).toEqual([report]);
    }
  });

  it('that cannot be read is refused by name', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'broken.gz'), 'not gzipped');
    await expect(readReports(join(folder, 'broken.gz'))).rejects.toThrow(UnreadableInputError);
    await expect(readReports(join(folder, 'none.log'))).rejects.toThrow(/none\.log: there is no such file/);
    await expect(readReports(folder)).rejects.toThrow(UnreadableInputError);
  });
});
