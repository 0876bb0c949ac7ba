import { describe, expect, it } from 'vitest';
import { MessageMemory } from '../../collectives/messageMemory.js';

describe('memory for messages', () => {
  it('is used again for messages of the same length, one after the other', () => {
    const memory = new MessageMemory();
    const first = memory.take(100_000);
    const second = memory.take(100_000);
    expect(second.buffer).not.toBe(first.buffer);
    memory.give(first);
    expect(memory.take(200_000).buffer).not.toBe(first.buffer);
    expect(memory.take(100_000)).toBe(first);
    expect(memory.take(100_000)).not.toBe(first);
  });

  it('is not kept beyond 32 MiB', () => {
    const memory = new MessageMemory();
    const given = Array.from({ length: 40 }, () => memory.take(1_048_576));
    for (const bytes of given) memory.give(bytes);
    const again = Array.from({ length: 40 }, () => memory.take(1_048_576));
    expect(again.filter((bytes) => given.includes(bytes)).length).toBeLessThanOrEqual(32);
  });

  it('is known to be shared when it is short', () => {
    const memory = new MessageMemory();
    expect(MessageMemory.isShared(memory.take(8))).toBe(true);
    expect(MessageMemory.isShared(memory.take(5000))).toBe(false);
    expect(MessageMemory.isShared(new Uint8Array(8))).toBe(false);
    expect([1000, 65_536, 33_554_433].map((length) => MessageMemory.lends(memory.take(length)))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
