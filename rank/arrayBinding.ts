import type { ArrayInfo } from '../data/index.js';
import type { ModelValue } from '../models/modelSignature.js';
import type { Payload } from '../run/payload.js';
import { elementCount } from '../run/tensor.js';
import { ArrayBindingError } from './errors.js';

/** Which arrays of a partition go where. */
export interface ArrayBinding {
  /** `{ [model input]: array }` */
  readonly inputs: Readonly<Record<string, string>>;
  /** The array of true values, one number a sample; null when there is none. */
  readonly labels: string | null;
}

/** The binding in words, for the log: `image <- "0" (float32 [200, 5, 32, 32]), ...; true values: "2" (...)`. */
export function describeBinding({ inputs, labels }: ArrayBinding, arrays: readonly ArrayInfo[]): string {
  const describe = (name: string): string => describeAll(arrays.filter((array) => array.name === name));
  const fed = Object.entries(inputs).map(([input, array]) => `${input} <- ${describe(array)}`);
  return `${fed.join(', ')}; true values: ${labels === null ? 'none' : describe(labels)}`;
}

/** The output of the model that true values of that name are compared with: its namesake (case and plural aside), else the first. */
export function comparedOutput(outputs: readonly string[], labels: string): string {
  return outputs.find((name) => singular(name) === singular(labels)) ?? outputs[0];
}

/** Names that arrays of true values go by, in the singular. */
const labelNames = ['redshift', 'label', 'target', 'truth', 'y', 'z'];

/**
 * Decides which array feeds which model input: as the payload says; else by name (case and plural aside); else, in order,
 * the first array left whose shape fits.
 *
 * @param names of the partition and of the model, for messages.
 * @throws ArrayBindingError that lists every fault.
 */
export function bindArrays(
  modelInputs: readonly ModelValue[],
  arrays: readonly ArrayInfo[],
  wish: Pick<Payload, 'inputs' | 'labels'>,
  names: { partition: string; model: string },
): ArrayBinding {
  const faults: string[] = [];
  const inputs: Record<string, string> = {};
  const bind = (input: ModelValue, array: ArrayInfo) => {
    inputs[input.name] = array.name;
    if (!fits(input, array)) faults.push(`input ${describeValue(input)} cannot take array ${describeArray(array)}`);
  };

  for (const [name, reference] of Object.entries(wish.inputs ?? {})) {
    const input = modelInputs.find((candidate) => candidate.name === name);
    const array = resolve(arrays, reference);
    if (!input) faults.push(`the model has no input "${name}"; it has ${modelInputs.map(describeValue).join(', ')}`);
    if (!array) faults.push(`there is no array ${JSON.stringify(reference)}; there are ${describeAll(arrays)}`);
    if (input && array) bind(input, array);
  }
  const unboundInputs = () => modelInputs.filter(({ name }) => !(name in inputs));
  const unusedArrays = () => arrays.filter(({ name }) => !Object.values(inputs).includes(name));
  for (const input of unboundInputs()) {
    const namesake = unusedArrays().find(({ name }) => singular(name) === singular(input.name));
    if (namesake) bind(input, namesake);
  }
  const askedLabels = wish.labels === undefined || wish.labels === null ? undefined : resolve(arrays, wish.labels);
  for (const input of unboundInputs()) {
    const fitting = unusedArrays().find((array) => array !== askedLabels && fits(input, array));
    if (fitting) inputs[input.name] = fitting.name;
    else faults.push(`nothing fits input ${describeValue(input)}; there are ${describeAll(arrays)}`);
  }
  const labels = bindLabels(unusedArrays(), arrays, wish.labels, faults);
  if (faults.length > 0) throw new ArrayBindingError(names.partition, names.model, faults);
  return { inputs, labels };
}

function bindLabels(
  unused: readonly ArrayInfo[],
  arrays: readonly ArrayInfo[],
  wish: Payload['labels'],
  faults: string[],
): string | null {
  if (wish === null) return null;
  if (wish !== undefined) {
    const array = resolve(arrays, wish);
    if (!array) faults.push(`there is no array ${JSON.stringify(wish)} for "labels"; there are ${describeAll(arrays)}`);
    else if (!isOnePerSample(array)) faults.push(`"labels" must be one number a sample, not ${describeArray(array)}`);
    return array?.name ?? null;
  }
  const candidates = unused.filter(isOnePerSample);
  const named = candidates.find(({ name }) => labelNames.includes(singular(name)));
  return (named ?? candidates.find(({ name }) => isPosition(name)))?.name ?? null;
}

function resolve(arrays: readonly ArrayInfo[], reference: string | number): ArrayInfo | undefined {
  return typeof reference === 'number' ? arrays[reference] : arrays.find(({ name }) => name === reference);
}

/** The first axis is the samples; the others must agree where the model fixes them. */
function fits(input: ModelValue, array: ArrayInfo): boolean {
  return (
    input.shape.length === array.shape.length &&
    input.shape.every((size, axis) => axis === 0 || typeof size !== 'number' || size === array.shape[axis])
  );
}

const isOnePerSample = ({ shape }: ArrayInfo): boolean => shape.length > 0 && elementCount(shape.slice(1)) === 1;
const isPosition = (name: string): boolean => /^\d+$/.test(name);
const singular = (name: string): string => name.toLowerCase().replace(/(?<=..)s$/, '');
const describeValue = ({ name, dtype, shape }: ModelValue): string =>
  `"${name}" (${dtype} [${shape.map((size) => size ?? '?').join(', ')}])`;
const describeArray = ({ name, dtype, shape }: ArrayInfo): string => `"${name}" (${dtype} [${shape.join(', ')}])`;
const describeAll = (arrays: readonly ArrayInfo[]): string => arrays.map(describeArray).join(', ') || 'none';
