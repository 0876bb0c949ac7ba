import { isCount } from '../arrayShape.js';
import { PickleRefusedError } from '../errors.js';
import { namedDtypes, storageDtypes, UNTYPED_STORAGE } from './dtypes.js';
import type { PicklePolicy } from './pickleMachine.js';
import {
  describe,
  PickleDict,
  PickleGlobal,
  PickleObject,
  PickleTuple,
  type PickleValue,
  StorageReference,
  TensorReference,
} from './pickleValues.js';

export const TENSOR_DATASET = 'torch.utils.data.dataset.TensorDataset';
const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const REBUILD_NAMED_TENSOR = 'torch._utils._rebuild_tensor_v3';
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';

/** Exact pairs of module and name. Never a prefix: `torch.` alone would let a shell through. */
const allowedGlobals: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['torch.utils.data.dataset', new Set(['TensorDataset'])],
  ['collections', new Set(['OrderedDict'])],
  ['torch._utils', new Set(['_rebuild_tensor_v2', '_rebuild_tensor_v3', '_rebuild_parameter'])],
  ['torch', new Set([...storageDtypes.keys(), ...namedDtypes.keys()])],
  ['torch.storage', new Set([UNTYPED_STORAGE])],
]);

/** The keys under which storages lie in the file. */
const STORAGE_KEY = /^\d{1,20}$/;

/** What the pickle of a torch file may name and call: tensors, their storages and the containers they come in. */
export class TorchAllowList implements PicklePolicy {
  readonly #file: string;
  readonly #storages = new Map<string, StorageReference>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Every storage that was referred to, by key. */
  get storages(): ReadonlyMap<string, StorageReference> {
    return this.#storages;
  }

  global(module: string, name: string, at: number): PickleGlobal {
    if (allowedGlobals.get(module)?.has(name)) return new PickleGlobal(module, name);
    return this.#refuse(
      at,
      `the global ${JSON.stringify(`${module}.${name}`).slice(0, 200)}`,
      'tensors and TensorDatasets only',
    );
  }

  call(callable: PickleGlobal, { items }: PickleTuple, at: number): PickleValue {
    switch (callable.qualifiedName) {
      case ORDERED_DICT:
        if (items.length === 0) return new PickleDict();
        break;
      case REBUILD_TENSOR:
        if (items.length === 6 || items.length === 7) return this.#tensor(items.slice(0, 6), items[6], undefined, at);
        break;
      case REBUILD_NAMED_TENSOR:
        if (items.length === 7 || items.length === 8) return this.#tensor(items.slice(0, 6), items[7], items[6], at);
        break;
      case REBUILD_PARAMETER:
        if (items.length === 3 && items[0] instanceof TensorReference) return items[0];
        break;
    }
    const args = items
      .map((item) => describe(item))
      .join(', ')
      .slice(0, 300);
    return this.#refuse(at, `a call of ${callable.qualifiedName}(${args})`, 'only calls that rebuild a tensor');
  }

  instantiate(type: PickleGlobal, { items }: PickleTuple, at: number): PickleValue {
    if (type.qualifiedName === TENSOR_DATASET && items.length === 0) return new PickleObject(type);
    return this.#refuse(at, `an instance of ${type.qualifiedName}`, `instances of ${TENSOR_DATASET} only`);
  }

  setState(object: PickleValue, state: PickleValue, at: number): void {
    if (object instanceof PickleObject && state instanceof PickleDict && !object.state) object.state = state;
    else this.#refuse(at, `${describe(state)} as the state of ${describe(object)}`, 'the dict of a TensorDataset');
  }

  /** `('storage', storage class, key, location, count)`, in legacy files with a sixth item that is None. */
  external(id: PickleValue, at: number): PickleValue {
    const [kind, type, key, location, count, view] = id instanceof PickleTuple ? id.items : [];
    if (
      kind !== 'storage' ||
      !isStorageClass(type) ||
      typeof key !== 'string' ||
      !STORAGE_KEY.test(key) ||
      typeof location !== 'string' ||
      !isCount(count) ||
      (view !== undefined && view !== null)
    ) {
      const parts = id instanceof PickleTuple ? id.items.map(describe).join(', ').slice(0, 300) : describe(id);
      return this.#refuse(at, `the external reference (${parts})`, "('storage', class, digits, device, count)");
    }
    const known = this.#storages.get(key);
    if (known && (known.type !== type.name || known.elementCount !== count)) {
      return this.#refuse(at, `storage ${key} as ${type.name} of ${count}`, `${known.type} of ${known.elementCount}`);
    }
    const storage = known ?? new StorageReference(key, type.name, count);
    this.#storages.set(key, storage);
    return storage;
  }

  #tensor(
    [storage, offset, shape, strides, requiresGrad, hooks]: readonly PickleValue[],
    metadata: PickleValue | undefined,
    dtype: PickleValue | undefined,
    at: number,
  ): TensorReference {
    const expected = 'a storage, an offset, a shape, strides, no hooks and no metadata';
    if (!(storage instanceof StorageReference)) return this.#refuse(at, `a tensor of ${describe(storage)}`, expected);
    if (!isCount(offset)) return this.#refuse(at, `a tensor at offset ${describe(offset)}`, expected);
    if (typeof requiresGrad !== 'boolean') return this.#refuse(at, `requires_grad ${describe(requiresGrad)}`, expected);
    if (!isEmptyDict(hooks)) return this.#refuse(at, `a tensor with hooks ${describe(hooks)}`, expected);
    if (metadata !== undefined && metadata !== null && !isEmptyDict(metadata)) {
      return this.#refuse(at, `a tensor with metadata ${describe(metadata)}`, expected);
    }
    if (dtype !== undefined && !(dtype instanceof PickleGlobal && namedDtypes.has(dtype.name))) {
      return this.#refuse(at, `a tensor of dtype ${describe(dtype)}`, [...namedDtypes.keys()].join(', '));
    }
    return new TensorReference({
      storage,
      offset,
      shape: this.#counts(shape, 'shape', at),
      strides: this.#counts(strides, 'strides', at),
      dtypeName: dtype?.name,
      at,
    });
  }

  #counts(value: PickleValue, what: string, at: number): number[] {
    const items = value instanceof PickleTuple ? value.items : undefined;
    const counts = items?.filter(isCount);
    if (!items || !counts || counts.length !== items.length) {
      return this.#refuse(at, `a tensor with ${what} ${describe(value)}`, 'a tuple of whole numbers from 0');
    }
    return counts;
  }

  #refuse(offset: number, found: string, expected: string): never {
    throw new PickleRefusedError({ file: this.#file, offset, found: `a pickle with ${found}`, expected });
  }
}

function isStorageClass(value: PickleValue | undefined): value is PickleGlobal {
  if (!(value instanceof PickleGlobal)) return false;
  return value.module === 'torch' ? storageDtypes.has(value.name) : value.name === UNTYPED_STORAGE;
}

function isEmptyDict(value: PickleValue | undefined): boolean {
  return value instanceof PickleDict && value.entries.size === 0;
}
