import { describe, expect, it } from 'vitest';
import { byteProgressWords } from '../../../cli/terminal/byteProgress.js';

describe('byte progress', () => {
  it('says share, amount, rate, time left and items', () => {
    const state = { doneBytes: 50e6, totalBytes: 200e6, doneItems: 3, totalItems: 12, elapsedMs: 2_000 };
    expect(byteProgressWords(state, 'files')).toBe(' 25 %  50 MB of 200 MB  25 MB/s  ETA 0:06  3/12 files');
  });

  it('promises no time before anything is known, and none at the end', () => {
    const start = { doneBytes: 0, totalBytes: 10, doneItems: 0, totalItems: 1, elapsedMs: 5 };
    expect(byteProgressWords(start, 'files')).toBe('  0 %  0 B of 10 B  0/1 files');
    const end = { doneBytes: 10, totalBytes: 10, doneItems: 1, totalItems: 1, elapsedMs: 1_000 };
    expect(byteProgressWords(end, 'files')).toBe('100 %  10 B of 10 B  10 B/s  1/1 files');
  });

  it('is complete when there is nothing to do', () => {
    const nothing = { doneBytes: 0, totalBytes: 0, doneItems: 0, totalItems: 0, elapsedMs: 0 };
    expect(byteProgressWords(nothing, 'files')).toBe('100 %  0 B of 0 B  0/0 files');
  });
});
