import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importResults } from '../../cli/import/importResults.js';
import { palettes } from '../../report/palette.js';
import { renderComparison } from '../../report/renderComparison.js';
import { renderPicture } from '../../report/renderPicture.js';
import { renderReport } from '../../report/renderReport.js';
import { simulateRun } from '../report/simulatedRun.js';
import { launchChromium } from './chromium.js';

const published = fileURLToPath(new URL('../cli/import/fixtures/cosmic-ai', import.meta.url));

const desk = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

/** How many of what the charts draw differ in place or size from nothing, and in what colours. */
interface DrawnChart {
  readonly label: string;
  readonly width: number;
  readonly shapes: number;
  readonly colors: readonly string[];
}

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-report-'));
  browser = await launchChromium();
  for (const [name, run] of Object.entries({
    six: simulateRun(6),
    failed: simulateRun(8, 2),
    many: simulateRun(1000),
  })) {
    await writeFile(join(folder, `${name}.html`), renderReport(run));
  }
  await writeFile(join(folder, 'comparison.html'), renderComparison(await importResults([published])));
  await writeFile(join(folder, 'picture.svg'), renderPicture(simulateRun(60, 1), 'light'));
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a file in a window of its own; `MUSTER_SCREENSHOTS` names a folder that gets a picture of what is there. */
async function look<T>(
  file: string,
  { colorScheme, viewport }: { colorScheme: 'light' | 'dark'; viewport: typeof desk },
  read: (page: Page) => Promise<T>,
): Promise<{ found: T; complaints: string[]; requests: string[] }> {
  const context = await browser.newContext({ colorScheme, viewport, offline: true });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  try {
    await page.goto(pathToFileURL(join(folder, file)).href);
    const found = await read(page);
    const shots = process.env.MUSTER_SCREENSHOTS;
    // A bare SVG is no page that it could picture.
    if (shots && file.endsWith('.html'))
      await page.screenshot({ path: join(shots, `${file}-${viewport.width}-${colorScheme}.png`), fullPage: true });
    return { found, complaints, requests };
  } finally {
    await context.close();
  }
}

/** The charts that a reader sees at this width. */
const drawnCharts = (page: Page): Promise<DrawnChart[]> =>
  page.locator('.chart svg:visible').evaluateAll((charts) =>
    charts.map((chart) => {
      const shapes = [...chart.querySelectorAll('path, rect, line, circle')].filter((shape) => {
        const { width, height } = shape.getBoundingClientRect();
        return width > 0.5 || height > 0.5;
      });
      return {
        label: chart.getAttribute('aria-label') ?? '',
        width: chart.getBoundingClientRect().width,
        shapes: shapes.length,
        colors: shapes.map((shape) => getComputedStyle(shape).fill),
      };
    }),
  );

const overhang = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** `#12161d` as browsers report colours. */
function rgb(color: string): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return `rgb(${parts.join(', ')})`;
}

describe.each(['six', 'failed', 'many'])('the report of the run "%s" in Chromium', (name) => {
  it.each([
    ['light', desk],
    ['dark', desk],
    ['light', phone],
    ['dark', phone],
  ] as const)('is drawn in %s on a window %o, without a complaint or a request', async (colorScheme, viewport) => {
    const { found, complaints, requests } = await look(`${name}.html`, { colorScheme, viewport }, async (page) => ({
      charts: await drawnCharts(page),
      background: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      text: await page.evaluate(() => getComputedStyle(document.body).color),
      overhang: await overhang(page),
    }));
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
    const palette = palettes[colorScheme];
    expect(found).toMatchObject({ background: rgb(palette.page), text: rgb(palette.text), overhang: 0 });
    const labels = found.charts.map(({ label }) => label);
    for (const part of [
      'Timeline',
      'Times of',
      'in each stage',
      'S3 request',
      'Peak memory',
      'Barrier',
      'Predicted',
      'Scaled',
    ]) {
      expect(labels).toContainEqual(expect.stringContaining(part));
    }
    for (const { label, width, shapes, colors } of found.charts) {
      expect([label, shapes]).toEqual([label, expect.toSatisfy((count: number) => count >= 5)]);
      expect([label, width]).toEqual([
        label,
        expect.toSatisfy((pixels: number) => pixels > 300 && pixels <= viewport.width),
      ]);
      expect([label, colors.includes('rgb(0, 0, 0)')]).toEqual([label, false]);
      expect(colors).toContain(
        rgb(label.startsWith('Timeline') || label.includes('in each stage') ? palette.inference : palette.accent),
      );
    }
  });

  it('has a table behind every chart that opens without widening a phone', async () => {
    const { found } = await look(`${name}.html`, { colorScheme: 'light', viewport: phone }, async (page) => {
      const figures = await page.locator('figure').count();
      const details = page.locator('figure + details');
      for (const summary of await details.locator('summary').all()) await summary.press('Enter');
      return {
        figures,
        open: await page.locator('figure + details[open]').count(),
        rows: await page.locator('details[open] tbody tr').count(),
        unnamed: await page.locator('table:not(:has(caption)), th:not([scope])').count(),
        overhang: await overhang(page),
      };
    });
    expect(found.figures).toBe(7);
    expect(found.open).toBe(found.figures);
    expect(found.rows).toBeGreaterThan(30);
    expect(found).toMatchObject({ unnamed: 0, overhang: 0 });
  });
});

describe('runs side by side in Chromium', () => {
  it.each([
    ['light', desk],
    ['dark', phone],
  ] as const)('are drawn in %s on a window %o, without a complaint or a request', async (colorScheme, viewport) => {
    const { found, complaints, requests } = await look('comparison.html', { colorScheme, viewport }, async (page) => ({
      charts: await drawnCharts(page),
      overhang: await overhang(page),
    }));
    expect({ complaints, requests: requests.length, overhang: found.overhang }).toEqual({
      complaints: [],
      requests: 1,
      overhang: 0,
    });
    expect(found.charts).toHaveLength(3);
    // Six runs each, one of them hollow.
    for (const { colors } of found.charts) {
      expect(colors.filter((color) => color === rgb(palettes[colorScheme].collectives))).toHaveLength(3);
      expect(colors.filter((color) => color === rgb(palettes[colorScheme].page))).toHaveLength(1);
    }
  });
});

describe('the picture of a run in Chromium', () => {
  it('is an SVG with all its charts', async () => {
    const { found, complaints } = await look('picture.svg', { colorScheme: 'light', viewport: desk }, (page) =>
      page.evaluate(() => ({
        charts: [...document.querySelectorAll('svg svg')].map((chart) => chart.getBoundingClientRect().width),
        faults: document.querySelectorAll('parsererror').length,
      })),
    );
    expect(complaints).toEqual([]);
    expect(found.faults).toBe(0);
    expect(found.charts).toHaveLength(9);
    expect(Math.min(...found.charts)).toBeGreaterThan(400);
  });
});
