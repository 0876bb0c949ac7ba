import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulateGalaxies } from '../../../models/galaxies/simulateGalaxies.js';

const script = fileURLToPath(new URL('../../../models/training/simulate.ts', import.meta.url));
const simulate = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-survey-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('writes the galaxies of the simulator as safetensors', async () => {
  await simulate('--output', folder, '--seed', '9', '--start', '3', '--count', '2');
  expect(await readdir(folder)).toEqual(['000000003.safetensors']);
  const file = await readFile(join(folder, '000000003.safetensors'));
  const headerBytes = Number(file.readBigUInt64LE(0));
  const imageBytes = 2 * 5 * 32 * 32 * 4;
  expect(JSON.parse(file.toString('utf8', 8, 8 + headerBytes))).toEqual({
    images: { dtype: 'F32', shape: [2, 5, 32, 32], data_offsets: [0, imageBytes] },
    magnitudes: { dtype: 'F32', shape: [2, 5], data_offsets: [imageBytes, imageBytes + 40] },
    redshifts: { dtype: 'F32', shape: [2], data_offsets: [imageBytes + 40, imageBytes + 48] },
  });
  const { image, magnitude, redshift } = simulateGalaxies({ seed: 9, start: 3, count: 2 });
  const expected = [image, magnitude, redshift].map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  expect(file.subarray(8 + headerBytes).equals(Buffer.concat(expected))).toBe(true);
});

it('fails without a place to write to', async () => {
  await expect(simulate('--count', '1')).rejects.toThrow('--output DIR is missing');
});
