/**
 * What the pickle of a torch file can consist of. Nothing here is a live object of another language: a global is only
 * its name, and the result of a call only the record of one.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | StorageReference
  | TensorReference
  | PickleObject;

/** A tuple; it cannot change once it is made. */
export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A list, to which later opcodes may append. */
export class PickleList {
  readonly items: PickleValue[] = [];
}

/** A dict or an OrderedDict, to which later opcodes may add. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** The name of a function or class of Python; found on the allow-list, never looked up. */
export class PickleGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  get qualifiedName(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An instance of an allowed class, with the state that was set on it. */
export class PickleObject {
  readonly type: PickleGlobal;
  state?: PickleDict;

  constructor(type: PickleGlobal) {
    this.type = type;
  }
}

/** A storage: bytes that lie outside the pickle, under a key. */
export class StorageReference {
  readonly key: string;
  /** Name of the storage class, e.g. `FloatStorage`. */
  readonly type: string;
  /** As counted by that class: elements, or bytes for `UntypedStorage`. */
  readonly elementCount: number;

  constructor(key: string, type: string, elementCount: number) {
    this.key = key;
    this.type = type;
    this.elementCount = elementCount;
  }
}

/** A view of a storage. Offset and strides are in elements. */
export class TensorReference {
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Name of the element type where the storage class does not tell it. */
  readonly dtypeName?: string;
  /** Byte of the file at which it was put together, for messages. */
  readonly at: number;

  constructor(fields: {
    storage: StorageReference;
    offset: number;
    shape: readonly number[];
    strides: readonly number[];
    dtypeName?: string;
    at: number;
  }) {
    this.storage = fields.storage;
    this.offset = fields.offset;
    this.shape = fields.shape;
    this.strides = fields.strides;
    this.dtypeName = fields.dtypeName;
    this.at = fields.at;
  }
}

/** What a value is, in a few words, for messages; never the whole of it. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 60))}`;
  if (typeof value === 'bigint' || typeof value === 'number') return `the number ${value}`.slice(0, 60);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof PickleGlobal) return `the global ${value.qualifiedName}`;
  if (value instanceof PickleObject) return `an object of ${value.type.qualifiedName}`;
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof PickleList) return `a list of ${value.items.length}`;
  if (value instanceof PickleDict) return `a dict of ${value.entries.size}`;
  return value instanceof StorageReference ? `the storage ${value.key}` : 'a tensor';
}
