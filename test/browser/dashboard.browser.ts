import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemUnderTest, startMuster } from '../system/muster.js';
import { launchChromium } from './chromium.js';

const phone = { width: 390, height: 844 };

let system: SystemUnderTest;
let browser: Browser;
let dashboard: { readonly url: string; readonly child: ChildProcess };

beforeAll(async () => {
  [system, browser] = await Promise.all([SystemUnderTest.start('--concurrency', '10'), launchChromium()]);
  for (let index = 1; index <= 60; index++) await system.put(`data/${index}.npy`, '-');
  // Every partition takes 150 ms, so that there is time to watch.
  await system.put(
    'scripts/slow/slow.mjs',
    `import { setTimeout as work } from 'node:timers/promises';
     export default async function run(ctx) {
       console.log('rank ' + ctx.rank + ' takes up its work');
       for (const partition of ctx.partitions) {
         await work(150);
         await ctx.finishPartition(partition, { samples: 10, batches: 1 });
       }
     }`,
  );
  await system.run(payload(4), '--name', 'first');
  const { child } = startMuster(['ui', '--json', '--directory', system.directory]);
  if (!child.stdout) throw new Error('muster ui has no stdout');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  dashboard = { url: JSON.parse(line).url, child };
});
afterAll(async () => {
  await browser.close();
  await system.close();
});

const payload = (partitions: number) => ({
  bucket: system.bucket,
  S3_object_name: 'scripts/slow',
  script: 'slow.mjs',
  data_prefix: 'data',
  result_path: 'results/slow',
  file_limit: partitions,
  world_size: 2,
  collectives: 'none' as const,
});

/** Gathers what a browser complains of and asks for, in all windows of a context. */
function listenTo(context: BrowserContext) {
  const complaints: string[] = [];
  const origins = new Set<string>();
  context.on('console', (message) => complaints.push(message.text()));
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('request', (request) => origins.add(new URL(request.url()).origin));
  return { complaints, origins };
}

/** `MUSTER_SCREENSHOTS` names a folder that gets a picture of what is there. */
async function shoot(page: Page, name: string): Promise<void> {
  const shots = process.env.MUSTER_SCREENSHOTS;
  if (shots) await page.screenshot({ path: join(shots, `dashboard-${name}.png`), fullPage: true });
}

const overhang = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** How many colours a chart's canvas holds; one that was not drawn holds one. */
const coloursOf = (page: Page, chart: string): Promise<number> =>
  page
    .getByRole('img', { name: chart })
    .locator('canvas')
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return 0;
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.buffer;
      return pixels ? new Set(new Uint32Array(pixels)).size : 0;
    });

const selectedText = (element: Element): string =>
  element instanceof HTMLTextAreaElement ? element.value.slice(element.selectionStart, element.selectionEnd) : '';

async function startRun(page: Page, name: string, partitions: number): Promise<void> {
  await page.getByRole('link', { name: 'New run' }).first().click();
  await page.getByRole('textbox', { name: 'Payload' }).fill(JSON.stringify(payload(partitions), undefined, 2));
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Start the run' }).click();
  await page.getByRole('heading', { name }).waitFor();
}

describe('the dashboard in Chromium', () => {
  it('lists, starts, shows, reports, stops and compares runs', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const { complaints, origins } = listenTo(context);
    const page = await context.newPage();
    await page.goto(dashboard.url);
    await expect.poll(() => page.getByRole('row', { name: /first/ }).textContent()).toMatch(/succeeded.*\$0\.\d+/);

    // A payload with faults cannot be started; mended, it can.
    await page.getByRole('link', { name: 'New run' }).first().click();
    const editor = page.getByRole('textbox', { name: 'Payload' });
    const start = page.getByRole('button', { name: 'Start the run' });
    const text = JSON.stringify(payload(20), undefined, 2);
    await editor.fill(text.replace('file_limit', 'file_limt').replace('"slow.mjs"', '"slow.exe"'));
    await page.getByText('2 faults:').waitFor();
    await page.getByText('unknown key; did you mean "file_limit"?').waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'line 4' }).click();
    expect(await editor.evaluate(selectedText)).toBe('  "script": "slow.exe",');
    await shoot(page, 'faults');
    await editor.fill(text);
    await page.getByText('The payload is in order.').waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('second');
    await start.click();

    // It is seen to run: state, ranks, events and log, without anything being clicked.
    await page.getByRole('heading', { name: 'second' }).waitFor();
    await page.getByRole('progressbar').waitFor();
    await page.getByText('RunRanks begins').waitFor();
    await page.getByText('Rank 1 begins').waitFor();
    await page.getByRole('img', { name: /2 ranks: 0 waiting, 2 running/ }).waitFor();
    await page.getByText('rank 0 takes up its work').waitFor();
    await page
      .getByText(/^\$0\.0\d+/)
      .first()
      .waitFor();
    await shoot(page, 'live');
    await page.getByText('The run has succeeded', { exact: true }).waitFor();
    await expect.poll(() => page.getByRole('status').allTextContents()).toContain('The run has succeeded.');

    // Its report opens beside it.
    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Open report' }).click();
    const report = await opened;
    await report.getByRole('heading', { name: 'second' }).waitFor();
    expect(report.url()).toContain('/reports/second');
    await report.close();
    await shoot(page, 'ended');

    // Another one is stopped, once that is confirmed.
    await startRun(page, 'third', 60);
    await page.getByText('Rank 0 begins').waitFor();
    const dialog = page.getByRole('dialog', { name: 'Stop this run?' });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog.getByRole('button', { name: 'Stop the run' }).click();
    await page.getByText('The run was stopped: Stopped in the dashboard.').waitFor();
    await page.getByText('stopped', { exact: true }).waitFor();

    // Two are laid side by side.
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Compare first' }).check();
    await page.getByRole('checkbox', { name: 'Compare second' }).check();
    await shoot(page, 'runs');
    await page.getByRole('button', { name: 'Compare' }).click();
    const figures = page.getByRole('table', { name: /Figures of both runs/ });
    const partitions = figures.getByRole('row', { name: 'Partitions' }).getByRole('cell');
    await partitions.first().waitFor();
    expect(await partitions.allTextContents()).toEqual(['4', '20', '× 5']);
    await page.getByRole('row', { name: 'file_limit' }).waitFor();
    await expect.poll(() => coloursOf(page, 'Rank times of first and second, overlaid')).toBeGreaterThan(4);
    await shoot(page, 'compare');

    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(dashboard.url).origin]);
    await context.close();
  });

  it.each(['light', 'dark'] as const)('fits a phone and can be gone through by keyboard, %s', async (colorScheme) => {
    const context = await browser.newContext({ viewport: phone, colorScheme });
    const { complaints } = listenTo(context);
    const page = await context.newPage();
    await page.goto(dashboard.url);
    await page.getByRole('link', { name: 'first', exact: true }).waitFor();
    expect(await overhang(page)).toBe(0);
    await shoot(page, `runs-phone-${colorScheme}`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');

    await page.getByRole('link', { name: 'first', exact: true }).press('Enter');
    await page.getByRole('heading', { name: 'first' }).waitFor();
    // The new page has the focus, so that it is read out and the next Tab is in it.
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    await page.getByRole('link', { name: 'Open report' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Open report');
    await expect.poll(() => coloursOf(page, 'Ranks by their state over time')).toBeGreaterThan(2);
    await page
      .getByText(/END RequestId/)
      .first()
      .waitFor();
    expect(await overhang(page)).toBe(0);
    await shoot(page, `run-phone-${colorScheme}`);

    for (const [fragment, heading] of [
      ['#/new/first', 'New run'],
      ['#/compare/first/second', 'Figures'],
    ]) {
      await page.goto(`${dashboard.url}${fragment}`);
      await page.getByRole('heading', { name: heading }).waitFor();
      expect(await overhang(page)).toBe(0);
      await shoot(page, `${heading.toLowerCase().replace(' ', '-')}-phone-${colorScheme}`);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is closed to pages of other origins, even to one that knows its address', async () => {
    const page = await browser.newPage();
    await page.route('http://elsewhere.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<p>hm' }),
    );
    await page.goto('http://elsewhere.example/');
    const reached = await page.evaluate(async (url) => {
      const read = await fetch(`${url}api/runs`).then(
        (response) => response.text(),
        () => 'refused',
      );
      const sent = await fetch(`${url}api/runs/first/stop`, { method: 'POST', mode: 'no-cors', body: '{}' }).then(
        (response) => response.status,
        () => 'refused',
      );
      return { read, sent };
    }, dashboard.url);
    // An answer that the browser may not look into has the status 0.
    expect(reached.read).toBe('refused');
    expect([0, 'refused']).toContain(reached.sent);
    await page.close();
  });

  it('ends with Ctrl-C', async () => {
    const exited = once(dashboard.child, 'exit');
    dashboard.child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });
});
