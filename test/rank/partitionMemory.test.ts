import { describe, expect, it } from 'vitest';
import { PartitionMemory } from '../../rank/partitionMemory.js';

const mib = 1024 * 1024;
const arraysOf = (bytes: number) => [{ name: 'x', dtype: 'float32', shape: [bytes / 4] }] as const;

describe('PartitionMemory', () => {
  it('is the same for all partitions of a rank, and grows to the largest of them, but not beyond 32 MiB', () => {
    const memory = new PartitionMemory();
    const first = memory.planFor(arraysOf(5 * mib), 32);
    expect(first.memory.limitBytes).toBe(5 * mib);
    expect(memory.planFor(arraysOf(mib), 32).memory).toBe(first.memory);
    expect(first.memory.limitBytes).toBe(5 * mib);
    memory.planFor(arraysOf(1000 * mib), 32);
    expect(first.memory.limitBytes).toBe(32 * mib);
  });

  it('keeps what an earlier attempt left, as far as the next one needs it', () => {
    const memory = new PartitionMemory();
    const earlier = memory.planFor(arraysOf(5 * mib), 32).memory;
    const pieces = [2 * mib, mib, mib].map((length) => earlier.take(length, true));
    for (const piece of pieces.slice(0, 2)) earlier.giveBack(piece);
    memory.beginAttempt();
    const next = memory.planFor(arraysOf(3 * mib), 32).memory;
    expect([next.limitBytes, next.takenBytes, next.heldBytes]).toEqual([3 * mib, 0, 3 * mib]);
    expect(next.take(mib, true).buffer).toBe(pieces[1].buffer);
    // What the earlier attempt still looks at stays its own.
    earlier.giveBack(pieces[2]);
    memory.beginAttempt();
    expect(memory.planFor(arraysOf(mib), 32).memory.heldBytes).toBe(0);
  });

  it.each([
    [0.5, 1],
    [8, 2],
    [1000, 4],
  ])('fetches %d MiB in chunks of %d MiB', (partitionMib, chunkMib) => {
    expect(new PartitionMemory().planFor(arraysOf(partitionMib * mib), 32).chunkBytes).toBe(chunkMib * mib);
  });

  it.each([
    // Batches of a quarter of the partition come free one by one.
    [8, 0.25, 8],
    [8, 0.5, 12],
    [8, 1, 16],
    [8, 4, 16],
    [64, 0.25, 32],
    [64, 0.5, 64],
  ])('of %d MiB holds one batch of %d of it more when there are few', (partitionMib, share, limitMib) => {
    const samples = (partitionMib * mib) / 4;
    expect(new PartitionMemory().planFor(arraysOf(partitionMib * mib), samples * share).memory.limitBytes).toBe(
      limitMib * mib,
    );
  });

  it('counts every array that is read', () => {
    const arrays = [...arraysOf(mib), { name: 'y', dtype: 'int64', shape: [mib / 8] }] as const;
    expect(new PartitionMemory().planFor(arrays, 32).memory.limitBytes).toBe(2 * mib);
  });
});
