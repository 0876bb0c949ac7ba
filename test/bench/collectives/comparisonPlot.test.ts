import { XMLParser } from 'fast-xml-parser';
import { expect, it } from 'vitest';
import { comparisonPlot } from '../../../bench/collectives/comparisonPlot.js';
import { row } from './comparedRows.js';

const rows = [
  row('direct', 'allreduce', 4, 8, [40]),
  row('direct', 'allreduce', 4, 1_048_576, [4000]),
  row('openmpi', 'allreduce', 4, 8, [10]),
  row('redis', 'bcast', 4, 8, [10]),
];

it.each([
  ['time', 'mean time of a rank', 'us'],
  ['busBandwidth', 'bus bandwidth', 'MB/s'],
] as const)('a plot of %s is an SVG with a line for each contender that has the operation', (what, title, unit) => {
  const svg = comparisonPlot(rows, { operation: 'allreduce', ranks: 4, what });
  expect(new XMLParser({ ignoreAttributes: false }).parse(svg, true)).toHaveProperty('svg');
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(texts).toEqual(
    expect.arrayContaining([`allreduce, 4 ranks: ${title}`, 'direct', 'openmpi', '8 B', '1 MiB', unit]),
  );
  expect(texts).not.toContain('redis');
  // The line of the one that has two points.
  expect(svg).toMatch(/<path d="M[\d.]+ [\d.]+L[\d.]+ [\d.]+" fill="none"/);
});
