import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openPartition, type Partition, readArray } from '../../data/index.js';
import type { Tensor } from '../../run/tensor.js';
import { MemoryByteSource } from '../../storage/byteSource.js';

/** Bytes of a file in `fixtures/`. */
export function fixtureBytes(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)));
}

export function openFixture(name: string): Promise<Partition> {
  return openPartition(new MemoryByteSource(name, fixtureBytes(name)));
}

export function openBytes(bytes: Uint8Array, name = 'memory'): Promise<Partition> {
  return openPartition(new MemoryByteSource(name, bytes));
}

/** All arrays of a partition, in file order. */
export function readAll(partition: Partition): Promise<Tensor[]> {
  return Promise.all(partition.arrays.map(({ name }) => readArray(partition, name)));
}

/** The arrays of a partition, in file order. */
export const namesOf = (partition: Partition): string[] => partition.arrays.map(({ name }) => name);

/** A tensor as something that can be compared bit for bit, NaN included. */
export function bitsOf({ dtype, shape, data }: Tensor): { dtype: string; shape: readonly number[]; bits: string } {
  return { dtype, shape, bits: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex') };
}

/** The bytes of something that is written in pieces. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
