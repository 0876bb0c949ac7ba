import { type Dtype, elementCount } from '../../run/tensor.js';
import { PartitionWriteError } from '../errors.js';
import { byteLengthOf, rowMajorStrides } from '../storedArray.js';
import { storageDtypes } from '../torch/dtypes.js';
import { type ArrayContent, checkedContent, checkNames, type EncodedFile, restartable } from './arrayContent.js';
import { PickleWriter } from './pickleWriter.js';
import { writeZip, type ZipOptions } from './zip.js';

/** What `torch.load` gives back: a `TensorDataset`, or a dict of tensors that keeps the names. */
export type TorchContainer = 'tensorDataset' | 'dict';

const storages: ReadonlyMap<Dtype, string> = new Map([...storageDtypes].map(([name, dtype]) => [dtype, name]));
/** Storages start at a multiple of this, as torch writes them. */
const ALIGNMENT = 64;
const FOLDER = 'archive';
/** Version of torch's zip format that every torch since 1.6 reads. */
const FORMAT_VERSION = '3\n';

/**
 * Encodes arrays as a `.pt` file in torch's zip format, which `torch.load` reads like one of its own.
 *
 * @param container by default a `TensorDataset` when the arrays are named 0, 1, 2, ... in order, else a dict
 * @throws PartitionWriteError for unsigned integers above 8 bits, which torch has had only since 2.3.
 */
export function writePt(
  arrays: readonly ArrayContent[],
  options: { readonly container?: TorchContainer } & Pick<ZipOptions, 'zip64From'> = {},
): EncodedFile {
  checkNames(arrays);
  const isPositional = arrays.every(({ name }, index) => name === String(index));
  const { container = isPositional ? 'tensorDataset' : 'dict', zip64From } = options;
  const pickle = container === 'dict' ? pickleDict(arrays) : pickleTensorDataset(arrays);
  return writeZip(
    [
      { name: `${FOLDER}/data.pkl`, file: bytesFile(pickle) },
      { name: `${FOLDER}/byteorder`, file: bytesFile(Buffer.from('little')) },
      ...arrays.map((array, index) => ({
        name: `${FOLDER}/data/${index}`,
        file: { byteLength: byteLengthOf(array), content: restartable(() => checkedContent(array)) },
      })),
      { name: `${FOLDER}/version`, file: bytesFile(Buffer.from(FORMAT_VERSION)) },
    ],
    { alignment: ALIGNMENT, zip64From },
  );
}

function pickleTensorDataset(arrays: readonly ArrayContent[]): Buffer {
  const pickle = new PickleWriter();
  return pickle
    .global('torch.utils.data.dataset', 'TensorDataset')
    .emptyTuple()
    .newObject()
    .dict(() => {
      pickle.text('tensors').tuple(() => {
        for (const [key, array] of arrays.entries()) pickleTensor(pickle, array, key);
      });
    })
    .build()
    .finish();
}

function pickleDict(arrays: readonly ArrayContent[]): Buffer {
  const pickle = new PickleWriter();
  return pickle
    .dict(() => {
      for (const [key, array] of arrays.entries()) pickleTensor(pickle.text(array.name), array, key);
    })
    .finish();
}

function pickleTensor(pickle: PickleWriter, { name, dtype, shape }: ArrayContent, key: number): void {
  const storage = storages.get(dtype);
  if (!storage) {
    throw new PartitionWriteError(`Array ${JSON.stringify(name)}: torch before 2.3 has no ${dtype}.`, {
      remedy: 'Write .safetensors, or cast it to a signed type.',
    });
  }
  pickle
    .global('torch._utils', '_rebuild_tensor_v2')
    .tuple(() => {
      pickle
        .tuple(() => {
          pickle.text('storage').global('torch', storage).text(String(key)).text('cpu').count(elementCount(shape));
        })
        .external()
        .count(0)
        .counts(shape)
        .counts(rowMajorStrides(shape))
        .false()
        .global('collections', 'OrderedDict')
        .emptyTuple()
        .reduce();
    })
    .reduce();
}

function bytesFile(bytes: Buffer): EncodedFile {
  return {
    byteLength: bytes.length,
    content: restartable(async function* () {
      yield bytes;
    }),
  };
}
