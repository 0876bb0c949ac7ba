import { ArrayNotFoundError, CorruptPartitionError, SampleCountMismatchError } from './errors.js';
import type { ArrayInfo, StoredArray } from './storedArray.js';

/** Formats that partitions come in. */
export const partitionFormats = ['pt', 'safetensors', 'npy', 'npz'] as const;

export type PartitionFormat = (typeof partitionFormats)[number];

/** An opened partition: what its arrays are and where they lie. It holds no array data, and nothing to close. */
export class Partition {
  /** Name of its source: a path or an `s3://` URI. */
  readonly name: string;
  readonly format: PartitionFormat;
  /** In file order. */
  readonly arrays: readonly ArrayInfo[];
  readonly #stored: ReadonlyMap<string, StoredArray>;

  constructor(name: string, format: PartitionFormat, stored: readonly StoredArray[]) {
    this.name = name;
    this.format = format;
    this.#stored = new Map(stored.map((array) => [array.name, array]));
    this.arrays = stored.map((array) => ({ name: array.name, dtype: array.dtype, shape: array.shape }));
    if (this.#stored.size < stored.length) {
      throw new CorruptPartitionError({
        file: name,
        found: 'two arrays of the same name',
        expected: 'every name once',
      });
    }
  }

  /** Length of axis 0 of the first array; 0 when there is none. Arrays that are streamed together must agree on it. */
  get sampleCount(): number {
    return this.arrays[0]?.shape[0] ?? 0;
  }

  /**
   * The array of that name, or at that place in the file.
   *
   * @throws ArrayNotFoundError naming the arrays that there are.
   */
  arrayNamed(nameOrIndex: string | number): ArrayInfo {
    const name = typeof nameOrIndex === 'string' ? nameOrIndex : this.arrays[nameOrIndex]?.name;
    return this.storedArrays([name ?? String(nameOrIndex)])[0];
  }

  /**
   * Number of samples of arrays that are read together.
   *
   * @throws SampleCountMismatchError naming all of them, unless their axes 0 have the same length.
   */
  sampleCountOf(names: readonly string[]): number {
    const arrays = this.storedArrays(names);
    const [count] = arrays.map(({ shape }) => shape[0]);
    if (arrays.some(({ shape }) => shape.length === 0 || shape[0] !== count)) {
      throw new SampleCountMismatchError(this.name, arrays);
    }
    return count ?? 0;
  }

  /** The arrays of those names as they lie in the file; all that are missing are reported at once. */
  storedArrays(names: readonly string[]): StoredArray[] {
    const missing = names.filter((name) => !this.#stored.has(name));
    if (missing.length > 0) throw new ArrayNotFoundError(this.name, missing, [...this.#stored.keys()]);
    return names.flatMap((name) => this.#stored.get(name) ?? []);
  }
}
