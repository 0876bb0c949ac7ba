import { describe, expect, it } from 'vitest';
import { PartitionMemory } from '../../rank/partitionMemory.js';

describe('PartitionMemory', () => {
  it('gives neighbouring partitions memory of their own, in whichever order they ask', () => {
    const memory = new PartitionMemory();
    const second = memory.of(1)(100);
    const first = memory.of(0)(100);
    const third = memory.of(2)(100);
    expect(first.buffer).not.toBe(second.buffer);
    expect(third.buffer).toBe(first.buffer);
    expect(memory.of(3)(100).buffer).toBe(second.buffer);
  });

  it('gives each array of a partition memory of its own, and more where more is needed', () => {
    const memory = new PartitionMemory();
    const allocate = memory.of(0);
    const [image, magnitude] = [allocate(100), allocate(20)];
    expect(image.buffer).not.toBe(magnitude.buffer);
    const again = memory.of(2);
    expect(again(50)).toHaveLength(50);
    expect(again(40).buffer).not.toBe(magnitude.buffer);
  });
});
