import { describe, expect, it } from 'vitest';
import { PartitionMemory } from '../../rank/partitionMemory.js';

const mib = 1024 * 1024;
const arraysOf = (bytes: number) => [{ name: 'x', dtype: 'float32', shape: [bytes / 4] }] as const;

describe('PartitionMemory', () => {
  it('is the same for all partitions of a rank, and grows to the largest of them, but not beyond 32 MiB', () => {
    const memory = new PartitionMemory();
    const first = memory.planFor(arraysOf(5 * mib));
    expect(first.memory.limitBytes).toBe(5 * mib);
    expect(memory.planFor(arraysOf(mib)).memory).toBe(first.memory);
    expect(first.memory.limitBytes).toBe(5 * mib);
    memory.planFor(arraysOf(1000 * mib));
    expect(first.memory.limitBytes).toBe(32 * mib);
  });

  it.each([
    [0.5, 1],
    [8, 2],
    [1000, 4],
  ])('fetches %d MiB in chunks of %d MiB', (partitionMib, chunkMib) => {
    expect(new PartitionMemory().planFor(arraysOf(partitionMib * mib)).chunkBytes).toBe(chunkMib * mib);
  });

  it('counts every array that is read', () => {
    const arrays = [...arraysOf(mib), { name: 'y', dtype: 'int64', shape: [mib / 8] }] as const;
    expect(new PartitionMemory().planFor(arrays).memory.limitBytes).toBe(2 * mib);
  });
});
