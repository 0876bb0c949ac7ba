import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type SimulatedGalaxies, simulateSurvey } from '../galaxies/simulateGalaxies.js';
import { bytesOf } from '../tensorArrays.js';

/*
 * Writes the survey that train.py trains on, a safetensors file for each 2,000 galaxies (41 MB).
 * Usage: tsx models/training/simulate.ts --output DIR [--seed 1] [--start 0] [--count 40000]
 */

const galaxiesPerFile = 2000;

function safetensors({ image, magnitude, redshift }: SimulatedGalaxies): Buffer {
  const arrays = { images: image, magnitudes: magnitude, redshifts: redshift };
  let offset = 0;
  const entries = Object.entries(arrays).map(([name, { shape, data }]) => {
    const start = offset;
    offset += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [start, offset] }];
  });
  const header = JSON.stringify(Object.fromEntries(entries));
  const aligned = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(aligned.length));
  return Buffer.concat([length, aligned, ...Object.values(arrays).map(bytesOf)]);
}

const { values } = parseArgs({
  options: {
    output: { type: 'string' },
    seed: { type: 'string', default: '1' },
    start: { type: 'string', default: '0' },
    count: { type: 'string', default: '40000' },
  },
});
if (!values.output) throw new Error('--output DIR is missing');
await mkdir(values.output, { recursive: true });
const range = { seed: Number(values.seed), start: Number(values.start), count: Number(values.count) };
for (const galaxies of simulateSurvey(range, galaxiesPerFile)) {
  const file = join(values.output, `${String(galaxies.start).padStart(9, '0')}.safetensors`);
  await writeFile(file, safetensors(galaxies));
  console.log(file);
}
