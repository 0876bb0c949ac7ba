import { describe, expect, it } from 'vitest';
import { palettes } from '../../report/palette.js';
import { renderPicture } from '../../report/renderPicture.js';
import { simulateRun } from './simulatedRun.js';

const six = simulateRun(6);
const light = renderPicture(six, 'light');

const titles = (picture: string) => [...picture.matchAll(/font-size="20"[^>]*>([^<]*)</g)].map(([, title]) => title);

describe('renderPicture', () => {
  it('shows every part of a run, in its scheme and with colours that any program knows', () => {
    expect(titles(light)).toEqual([
      'Timeline',
      'Rank times',
      'S3',
      'Memory',
      'Barrier wait',
      'Stages',
      'Throughput',
      'Predictions',
      'Bill',
    ]);
    expect(light).toContain(palettes.light.page);
    expect(renderPicture(six, 'dark')).toContain(palettes.dark.page);
    expect(light.match(/var\(|NaN|undefined|Infinity|class=/)).toBeNull();
  });

  it('keeps all it draws within its frame', () => {
    for (const picture of [light, renderPicture(simulateRun(60, 2), 'dark')]) {
      const height = Number(/^<svg[^>]* height="(\d+)"/.exec(picture)?.[1]);
      const tops = [...picture.matchAll(/<g transform="translate\(0 ([\d.]+)\)">/g)].map(([, y]) => Number(y));
      expect(tops.length).toBeGreaterThan(20);
      expect(Math.max(...tops)).toBeLessThan(height);
    }
  });

  it('leaves out what a run does not have, and escapes what it has', () => {
    const { summary } = six;
    const bare = renderPicture(
      {
        payload: undefined,
        versions: {},
        summary: { ...summary, runId: '<script>"&', rows: [], throughput: null, rankTimes: null, quality: null },
      },
      'light',
    );
    expect(titles(bare)).toEqual(['Bill']);
    expect(bare).not.toContain('<script');
    expect(bare).toContain('The versions were not recorded.');
  });
});
