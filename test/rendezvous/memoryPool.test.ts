import { expect, it } from 'vitest';
import { MemoryPool } from '../../rendezvous/memoryPool.js';

const bytes = (length: number) => new Uint8Array(length);

it('gives back what it was given, by length, each once', () => {
  const pool = new MemoryPool(1000);
  const [one, other] = [bytes(100), bytes(200)];
  pool.give(one);
  pool.give(other);
  expect(pool.take(200)).toBe(other);
  expect(pool.take(200)).toBeUndefined();
  expect(pool.take(150)).toBeUndefined();
  expect(pool.take(100)).toBe(one);
});

it('keeps no more than it may', () => {
  const pool = new MemoryPool(1000);
  for (let index = 0; index < 20; index++) pool.give(bytes(100));
  const kept = Array.from({ length: 20 }, () => pool.take(100)).filter((memory) => memory !== undefined);
  expect(kept).toHaveLength(10);
  pool.give(bytes(1001));
  expect(pool.take(1001)).toBeUndefined();
});

it('forgets lengths that nobody asks for, the oldest first, when another needs the room', () => {
  const pool = new MemoryPool(1000);
  for (let index = 0; index < 4; index++) pool.give(bytes(100));
  for (let index = 0; index < 6; index++) pool.give(bytes(101));
  pool.give(bytes(300));
  expect(pool.take(300)).toBeDefined();
  expect(pool.take(100)).toBeUndefined();
  expect(pool.take(101)).toBeDefined();
});
