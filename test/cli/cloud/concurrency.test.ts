import { describe, expect, it } from 'vitest';
import { defaultConcurrency } from '../../../cli/cloud/concurrency.js';

const gib = 2 ** 30;

describe('default concurrency of the embedded Lambda', () => {
  it.each([
    ['a small machine', 2 * gib, 0, 8],
    ['a laptop', 16 * gib, 0, 38],
    ['a container with less memory than its host', 64 * gib, 8 * gib, 19],
    ['a host that calls no limit a huge one', 16 * gib, 2 ** 63, 38],
    ['a large machine', 2048 * gib, 0, 1000],
  ])('%s', (_name, total, constrained, expected) => {
    expect(defaultConcurrency(total, constrained)).toBe(expected);
  });
});
