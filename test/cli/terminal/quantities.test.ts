import { describe, expect, it } from 'vitest';
import {
  bitRate,
  bytes,
  clock,
  count,
  duration,
  figure,
  percent,
  plural,
  usd,
} from '../../../cli/terminal/quantities.js';

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [5_242_880, '5.24 MB'],
    [12_600_000_000, '12.6 GB'],
  ])('%d bytes', (value, text) => expect(bytes(value)).toBe(text));

  it('rates by powers of ten', () => expect(bitRate(18_040_000_000)).toBe('18 Gbit/s'));

  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1_000, '1.0 s'],
    [28_040, '28.0 s'],
    [99_949, '99.9 s'],
    [99_950, '1 min 40 s'],
    [245_000, '4 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_620_000, '2 h 07 min'],
  ])('%d ms', (value, text) => expect(duration(value)).toBe(text));

  it.each([
    [0, '0:00'],
    [7_900, '0:07'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
    [-5, '0:00'],
  ])('a clock at %d ms', (value, text) => expect(clock(value)).toBe(text));

  it.each([
    [0, '$0'],
    [1234.5, '$1,234.50'],
    [0.38, '$0.380'],
    [0.00247467, '$0.00247'],
    [0.0000002, '$0.000000200'],
  ])('%d dollars', (value, text) => expect(usd(value)).toBe(text));

  it.each([
    [0.008_744, '0.00874'],
    [4.5678, '4.57'],
    [12_345.6, '12,346'],
    [Number.NaN, 'NaN'],
  ])('the figure %d', (value, text) => expect(figure(value)).toBe(text));

  it('counts, shares and plurals', () => {
    expect(count(1_234_567)).toBe('1,234,567');
    expect(percent(0.0004)).toBe('0.04 %');
    expect(plural(1, 'rank')).toBe('1 rank');
    expect(plural(10_000, 'rank')).toBe('10,000 ranks');
  });
});
