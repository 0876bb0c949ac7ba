import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../../run/tensor.js';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

export const fixturePath = fixture;
export const redshiftModelPath = fileURLToPath(new URL('../../models/redshift/redshift.onnx', import.meta.url));

/** 200 galaxies of the recipe's survey and what PyTorch predicts for them. */
export interface SmallSurvey {
  readonly count: number;
  readonly image: Tensor;
  readonly magnitude: Tensor;
  readonly redshift: Tensor;
  readonly predictions: Float32Array;
}

/** Reads the survey; `shared` puts its arrays into shared memory. */
export async function readSmallSurvey({ shared }: { shared: boolean }): Promise<SmallSurvey> {
  const file = await readFile(fixture('small_200.safetensors'));
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));
  const body = file.subarray(8 + headerBytes);
  const tensor = (name: string): Tensor => {
    const { shape, data_offsets } = header[name];
    const bytes = body.subarray(...data_offsets);
    const buffer = shared ? new SharedArrayBuffer(bytes.length) : new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    return { dtype: 'float32', shape, data: new Float32Array(buffer) };
  };
  const npy = await readFile(fixture('small_200.predictions.npy'));
  return {
    count: 200,
    image: tensor('images'),
    magnitude: tensor('magnitudes'),
    redshift: tensor('redshifts'),
    predictions: new Float32Array(Uint8Array.from(npy.subarray(128)).buffer),
  };
}
