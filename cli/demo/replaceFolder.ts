import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';

/**
 * Fills a folder and puts it in its place whole, so that two commands that do so at once never see each other's halves.
 *
 * @param fill writes into the folder that it is given, which is moved afterwards.
 * @param mayStay whether what lies there by then is as good; the new one is then dropped.
 */
export async function replaceFolder(
  folder: string,
  fill: (staging: string) => Promise<void>,
  mayStay: () => Promise<boolean>,
): Promise<void> {
  const staging = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(staging, { recursive: true });
    await fill(staging);
    while (!(await moveTo(staging, folder))) {
      if (await mayStay()) break;
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** @returns false when something is there. */
async function moveTo(staging: string, folder: string): Promise<boolean> {
  try {
    await rename(staging, folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}
