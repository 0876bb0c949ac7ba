import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkPool } from '../../data/index.js';

describe('a chunk pool', () => {
  it('gives ahead of need what its limit allows, and what is needed always', () => {
    const pool = new ChunkPool(100);
    expect(pool.take(60, false)).toHaveLength(60);
    expect(pool.take(60, false)).toBeUndefined();
    expect(pool.take(60, true)).toHaveLength(60);
    expect(pool.takenBytes).toBe(120);
  });

  it('gives the same memory again, to threads as well', () => {
    const pool = new ChunkPool(100);
    const first = pool.take(50, true);
    pool.giveBack(first);
    const second = pool.take(40, true);
    expect(second.buffer).toBe(first.buffer);
    expect(second).toHaveLength(40);
    expect(second.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('does not spend a large buffer on a small piece, unless another one would exceed the limit', () => {
    const pool = new ChunkPool(100);
    const large = pool.take(80, true);
    pool.giveBack(large);
    const small = pool.take(10, true);
    expect(small.buffer).not.toBe(large.buffer);
    expect(pool.take(15, true).buffer).toBe(large.buffer);
    expect(pool.heldBytes).toBe(90);
  });

  it('lets go of buffers that are too small for what is wanted now', () => {
    const pool = new ChunkPool(100);
    const pieces = [30, 30, 30].map((length) => pool.take(length, true));
    for (const piece of pieces) pool.giveBack(piece);
    pool.take(90, true);
    expect(pool.heldBytes).toBe(90);
  });

  it('hands its free buffers on to a successor, and no others', () => {
    const pool = new ChunkPool(100);
    const [free, taken] = [pool.take(60, true), pool.take(40, true)];
    pool.giveBack(free);
    const next = pool.successor();
    pool.giveBack(taken);
    expect(next.heldBytes).toBe(60);
    expect(next.take(60, true).buffer).toBe(free.buffer);
    expect(pool.take(60, true).buffer).not.toBe(free.buffer);
  });

  it('lets go of free buffers beyond a new limit', () => {
    const pool = new ChunkPool(100);
    for (const bytes of [pool.take(60, true), pool.take(40, true)]) pool.giveBack(bytes);
    pool.limitTo(50);
    expect(pool.heldBytes).toBe(40);
  });

  it('tells who waits when there is room', async () => {
    const pool = new ChunkPool(100);
    const [first, second] = [pool.take(60, true), pool.take(40, true)];
    const order: string[] = [];
    const small = pool.roomFor(40).then(() => order.push('small'));
    const tooLarge = pool.roomFor(1000).then(() => order.push('too large'));
    pool.giveBack(second);
    await small;
    expect(order).toEqual(['small']);
    pool.giveBack(first);
    await tooLarge;
    await pool.roomFor(1000);
    expect(order).toEqual(['small', 'too large']);
  });

  it('never hands out the same memory twice, and never holds more than its limit and what was needed at once', () => {
    const step = fc.record({ length: fc.integer({ min: 0, max: 60 }), needed: fc.boolean(), drop: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = new ChunkPool(100);
        const taken: Uint8Array[] = [];
        let mostTaken = 0;
        for (const { length, needed, drop } of steps) {
          const bytes = pool.take(length, needed);
          expect(bytes === undefined && needed).toBe(false);
          if (bytes) taken.push(bytes);
          expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(taken.length);
          mostTaken = Math.max(mostTaken, pool.takenBytes);
          expect(pool.heldBytes).toBeLessThanOrEqual(Math.max(100, mostTaken));
          for (const done of taken.splice(0, drop)) pool.giveBack(done);
        }
        for (const bytes of taken) pool.giveBack(bytes);
        expect(pool.takenBytes).toBe(0);
      }),
    );
  });
});
