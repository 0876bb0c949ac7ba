import fc from 'fast-check';
import { expect, it } from 'vitest';
import { heartbeatTerms } from '../../rendezvous/heartbeatTerms.js';
import { resolveLimits } from '../../rendezvous/limits.js';

it('find a silent end within 5 s in a world of any size, and forgive a stall of 3 s up to thousands of ranks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16_384 }), (worldSize) => {
      const { intervalMs, misses } = heartbeatTerms(resolveLimits(), worldSize);
      expect((misses + 1) * intervalMs).toBeLessThan(5000);
      if (worldSize <= 2500) expect((misses - 1) * intervalMs).toBeGreaterThanOrEqual(3000);
    }),
  );
});

it('keep the heartbeats of a large world few', () => {
  const { intervalMs, stride } = heartbeatTerms(resolveLimits(), 10_000);
  expect(stride).toBe(4);
  expect(10_000 / (intervalMs / 1000)).toBeLessThan(7000);
  expect(heartbeatTerms(resolveLimits(), 1000)).toMatchObject({ stride: 1, misses: 11, serverMisses: 7 });
});
