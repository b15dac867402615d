import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { faintTexts, findChromium, launch, open, overhang, type Opened } from './browser.ts';
import { strangler } from './run.ts';

const chromium = findChromium();
const inBrowser = 'path' in chromium ? describe : describe.skip;

inBrowser('the analyzer\'s report in a browser', () => {
  let browser: Browser;
  let directory: string;
  let url: string;
  beforeAll(async () => {
    if ('path' in chromium) browser = await launch(chromium.path);
    directory = await mkdtemp(join(tmpdir(), 'strangler-report-'));
    const { code, out, err } = await strangler(['analyze', join(import.meta.dirname, '../../../monolith'), '--format', 'html']);
    expect([code, err]).toEqual([0, expect.any(String)]);
    await writeFile(join(directory, 'report.html'), out);
    url = pathToFileURL(join(directory, 'report.html')).href;
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });
  const opened = async (look: Parameters<typeof open>[1] = {}): Promise<Opened> => {
    const window = await open(browser, look);
    await window.page.goto(url);
    return window;
  };

  test('opens from a file, asks the network for nothing and complains of nothing', async () => {
    await using window = await opened();
    await window.page.waitForLoadState('networkidle');
    expect(window.asked).toEqual([url]);
    expect(window.complaints).toEqual([]);
    expect(await window.page.locator('h1, h2').first().isVisible()).toBe(true);
  });

  test('search finds a table, hides the rest, and Escape brings it back', async () => {
    await using window = await opened();
    const { page } = window;
    const shown = async (): Promise<number> => page.locator('main [data-search]:not(.miss)').count();
    const all = await shown();
    await page.keyboard.press('/');
    await page.keyboard.type('order_items');
    await page.keyboard.press('Enter');
    await page.waitForFunction("/^[0-9]+ hits?$/.test(document.getElementById('hits').textContent)");
    const found = await shown();
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(all);
    for (const text of await page.locator('main [data-search]:not(.miss)').allTextContents()) expect(text).toMatch(/order_items/i);
    await page.keyboard.press('Escape');
    expect(await shown()).toBe(all);
    expect(window.complaints).toEqual([]);
  });

  test('a context chosen by keyboard is in the address, and a reload restores it', async () => {
    await using window = await opened();
    const { page } = window;
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const hash = await page.evaluate<string>('location.hash');
    expect(hash).toMatch(/^#context-/);
    const chosen = async (): Promise<string | null> => page.locator('nav .contexts [aria-current=true]').textContent();
    const name = await chosen();
    expect(await page.locator(`[id="${hash.slice(1)}"]`).getAttribute('open')).not.toBeNull();
    await page.reload();
    expect([await page.evaluate<string>('location.hash'), await chosen()]).toEqual([hash, name]);
    expect(await page.locator(`[id="${hash.slice(1)}"]`).getAttribute('open')).not.toBeNull();
    await page.keyboard.press('k');
    expect(await page.evaluate<string>('location.hash')).not.toBe(hash);
  });

  test('what the map draws a table says, too', async () => {
    await using window = await opened();
    const { page } = window;
    expect(await page.locator('#map .twin a').getAttribute('href')).toBe('#cuts');
    const drawn = await page.locator('svg.map .arrow title').allTextContents();
    const told = await page.locator('#cuts summary').allTextContents();
    expect(drawn.length).toBeGreaterThan(0);
    for (const arrow of drawn) expect(told.some((line) => line.startsWith(arrow.split(':')[0] ?? ' '))).toBe(true);
    expect(await page.locator('#cuts table').count()).toBe(told.length);
  });

  test.each([['light', {}], ['dark', { dark: true }], ['400 pixels wide', { width: 400 }]])('%s: everything can be read and nothing is cut off', async (_look, look) => {
    await using window = await opened(look);
    const { page } = window;
    expect(await faintTexts(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    expect(window.complaints).toEqual([]);
  });
});
