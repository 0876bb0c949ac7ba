import { castTensor, tensorContent, writeNpy } from '../data/index.js';
import { furtherOutputKey, labelsKey, predictionsKey } from '../run/keys.js';
import type { PartitionRecord } from '../run/metrics.js';
import type { Payload } from '../run/payload.js';
import { elementCount, type Tensor } from '../run/tensor.js';
import type { PartitionResult } from './context.js';
import { OutputNameTakenError } from './errors.js';

/** One object to write. */
export interface PredictionFile {
  readonly key: string;
  readonly body: Uint8Array | string;
  readonly contentType: string;
}

/** The objects that hold a partition's predictions and true values, and the keys of them that its record names. */
export interface PredictionFiles extends PredictionKeys {
  readonly files: readonly PredictionFile[];
}

type PredictionKeys = Pick<PartitionRecord, 'predictionsKey' | 'labelsKey' | 'furtherOutputKeys' | 'comparedKey'>;

/**
 * Renders a partition's predictions: `predictions/<name>.npy` holds the model's first output, in sample order, a single
 * value a sample as shape `(N,)`; further outputs become `further_outputs/<output>/<name>.npy`, labels
 * `labels/<name>.npy`. As JSON Lines, every sample is one object with its number, all outputs and its label.
 *
 * @throws OutputNameTakenError
 */
export async function predictionFiles(
  resultPrefix: string,
  partitionName: string,
  format: Payload['predictions'],
  result: PartitionResult,
): Promise<PredictionFiles> {
  const outputs = Object.entries(result.predictions ?? {}).map(([name, tensor]) => ({ name, tensor: squeeze(tensor) }));
  const labels = result.labels && squeeze(result.labels);
  if (format === 'none' || outputs.length === 0) return { files: [], predictionsKey: null, labelsKey: null };
  const labelFile = labels && (await npyFile(labelsKey(resultPrefix, partitionName), labels));
  const labelFiles = labelFile ? [labelFile] : [];
  const keys = {
    predictionsKey: predictionsKey(resultPrefix, partitionName, format),
    labelsKey: labelFile?.key ?? null,
  };
  if (format === 'jsonl') {
    const names = outputs.map(({ name }) => name);
    checkOutputNames(names, format, labels !== undefined);
    const body = jsonLines(outputs, labels);
    return { ...keys, files: [{ key: keys.predictionsKey, body, contentType: 'application/x-ndjson' }, ...labelFiles] };
  }
  const [first, ...further] = await Promise.all(
    outputs.map(({ name, tensor }, index) =>
      npyFile(index === 0 ? keys.predictionsKey : furtherOutputKey(resultPrefix, name, partitionName), tensor),
    ),
  );
  const compared = outputs.findIndex(({ name }) => name === result.compared);
  return {
    ...keys,
    files: [first, ...further, ...labelFiles],
    furtherOutputKeys: further.length > 0 ? further.map(({ key }) => key) : undefined,
    comparedKey: compared > 0 ? further[compared - 1].key : undefined,
  };
}

/**
 * Refuses outputs that a line of JSON has other values for: `sample`, and `label` where there are true values.
 *
 * @throws OutputNameTakenError
 */
export function checkOutputNames(names: readonly string[], format: Payload['predictions'], hasLabels: boolean): void {
  if (format !== 'jsonl') return;
  const taken = names.filter((name) => name === 'sample' || (name === 'label' && hasLabels));
  if (taken.length > 0) throw new OutputNameTakenError(taken);
}

async function npyFile(key: string, tensor: Tensor): Promise<PredictionFile> {
  return { key, body: await encodeNpy(tensor), contentType: 'application/x-npy' };
}

/** NumPy has no bfloat16; as float32 its values stay what they are. */
async function encodeNpy(tensor: Tensor): Promise<Uint8Array> {
  const writable = tensor.dtype === 'bfloat16' ? castTensor(tensor, 'float32') : tensor;
  const { byteLength, content } = writeNpy(tensorContent('predictions', writable));
  const bytes = new Uint8Array(byteLength);
  let filled = 0;
  for await (const piece of content) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}

/** `(N, 1)` becomes `(N,)`. */
function squeeze(tensor: Tensor): Tensor {
  const { shape } = tensor;
  return shape.length > 1 && elementCount(shape.slice(1)) === 1 ? { ...tensor, shape: [shape[0]] } : tensor;
}

function jsonLines(outputs: readonly { name: string; tensor: Tensor }[], labels: Tensor | undefined): string {
  const columns = [...outputs, ...(labels ? [{ name: 'label', tensor: labels }] : [])].map(({ name, tensor }) => ({
    name,
    width: elementCount(tensor.shape.slice(1)),
    scalar: tensor.shape.length === 1,
    values: castTensor(tensor, 'float64').data,
  }));
  const samples = outputs[0].tensor.shape[0];
  const lines: string[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const row: Record<string, unknown> = { sample };
    for (const { name, width, scalar, values } of columns) {
      const numbers = Array.from(values.subarray(sample * width, (sample + 1) * width), jsonNumber);
      row[name] = scalar ? numbers[0] : numbers;
    }
    lines.push(`${JSON.stringify(row)}\n`);
  }
  return lines.join('');
}

/** JSON has no NaN and no infinity; they are spelled, so that they are not lost. */
function jsonNumber(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isFinite(number) ? number : String(number);
}
