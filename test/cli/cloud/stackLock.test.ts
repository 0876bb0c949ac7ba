import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acquireStackLock, currentHolder, type Holder } from '../../../cli/cloud/stackLock.js';
import { StateFileError } from '../../../cli/errors.js';
import { temporaryFolder } from '../temporaryFolder.js';

const holder = (id: string): Holder => ({ id, pid: 1, controlUrl: 'http://127.0.0.1:1', token: 't' });
const always = async () => true;
const never = async () => false;

describe('stack lock', () => {
  it('goes to one process and is refused to the next, by name', async () => {
    const folder = join(await temporaryFolder(), 'lock');
    expect((await acquireStackLock(folder, holder('first'), always)).acquired).toBe(true);
    const second = await acquireStackLock(folder, holder('second'), always);
    expect(second).toEqual({ acquired: false, holder: holder('first') });
  });

  it('is free again when it is released', async () => {
    const folder = join(await temporaryFolder(), 'lock');
    const first = await acquireStackLock(folder, holder('first'), always);
    if (first.acquired) await first.lock.release();
    expect(await currentHolder(folder)).toBeUndefined();
    expect((await acquireStackLock(folder, holder('second'), always)).acquired).toBe(true);
  });

  it('is taken over from a holder that has died', async () => {
    const folder = join(await temporaryFolder(), 'lock');
    await acquireStackLock(folder, holder('dead'), never);
    expect((await acquireStackLock(folder, holder('heir'), never)).acquired).toBe(true);
    expect(await currentHolder(folder)).toEqual(holder('heir'));
  });

  it('has one holder, however many want to succeed a dead one at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 12 }), async (rivals) => {
        const folder = join(await temporaryFolder(), 'lock');
        await acquireStackLock(folder, holder('dead'), never);
        const alive = async ({ id }: Holder) => id !== 'dead';
        const outcomes = await Promise.all(
          Array.from({ length: rivals }, (_, index) => acquireStackLock(folder, holder(`rival-${index}`), alive)),
        );
        const winners = outcomes.flatMap((outcome, index) => (outcome.acquired ? [`rival-${index}`] : []));
        expect(winners).toHaveLength(1);
        expect((await currentHolder(folder))?.id).toBe(winners[0]);
      }),
      { numRuns: 20 },
    );
  });

  it('says which file is damaged', async () => {
    const folder = join(await temporaryFolder(), 'lock');
    await acquireStackLock(folder, holder('first'), always);
    await writeFile(join(folder, '1.json'), '{"holder": 7}');
    await expect(currentHolder(folder)).rejects.toThrow(StateFileError);
    await expect(currentHolder(folder)).rejects.toThrow('1.json');
  });
});
