import { describe, expect, it } from 'vitest';
import * as format from '../../report/format.js';

describe('figures', () => {
  it.each([
    [0, '0 ms'],
    [839.6, '840 ms'],
    [999.6, '1 s'],
    [3087, '3.09 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min 0 s'],
    [245_000, '4 min 5 s'],
    [3_720_000, '1 h 2 min'],
  ])('%d ms is %s', (ms, text) => expect(format.formatDuration(ms)).toBe(text));

  it.each([
    [0, '$0'],
    [0.0000002, '$0.0000002'],
    [0.0021812, '$0.00218'],
    [0.302, '$0.302'],
    [1234.5, '$1,234.50'],
  ])('%d dollars are %s', (usd, text) => expect(format.formatUsd(usd)).toBe(text));

  it('are scaled by decimal units', () => {
    expect(format.formatBytes(999)).toBe('999 B');
    expect(format.formatBytes(26_200_000)).toBe('26.2 MB');
    expect(format.formatBytes(12.6e9)).toBe('12.6 GB');
    expect(format.formatBitRate(3.87e9)).toBe('3.87 Gbit/s');
    expect(format.formatBitRate(0)).toBe('0 bit/s');
    expect(format.formatBytes(5e18)).toBe('5,000,000 TB');
  });

  it('keep the digits that matter', () => {
    expect(format.formatPercent(0.2967)).toBe('29.7 %');
    expect(format.formatFigure(0.00922134)).toBe('0.009221');
    expect(format.formatCount(1_278_000)).toBe('1,278,000');
    expect(format.formatTick(0)).toBe('0');
    expect(format.formatTime(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02 03:04:05 UTC');
  });
});
