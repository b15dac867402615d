import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { chromium, type Browser, type Page } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The browser these tests need, or why there is none. In CI its absence is a failure. */
export function findChromium(): { readonly path: string } | { readonly missing: string } {
  const named = process.env['CHROMIUM'];
  const path = [named, '/usr/bin/chromium'].find((each) => each !== undefined && each !== '' && existsSync(each));
  if (path !== undefined) return { path };
  const missing = 'install it (apt-get install chromium) or name it in CHROMIUM';
  if (process.env['CI'] === 'true') throw new Error(`Chromium is needed here: ${missing}`);
  process.stderr.write(`Chromium: skipped, ${missing}\n`);
  return { missing };
}

export const launch = async (path: string): Promise<Browser> => chromium.launch({ executablePath: path, args: FLAGS });

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Everything the page complained about: console errors, uncaught exceptions, refused loads. */
  readonly complaints: readonly string[];
  /** Every address the page asked for. */
  readonly asked: readonly string[];
}

/** A page of its own, with what it says and asks written down. */
export async function open(browser: Browser, look: { readonly dark?: boolean; readonly width?: number } = {}): Promise<Opened> {
  const context = await browser.newContext({ colorScheme: look.dark === true ? 'dark' : 'light', viewport: { width: look.width ?? 1_200, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => { complaints.push(String(error)); });
  page.on('request', (request) => { asked.push(request.url()); });
  return { page, complaints, asked, [Symbol.asyncDispose]: async () => { await context.close(); } };
}

/** Texts whose contrast with the ground behind them is below WCAG 2.2's 4.5 : 1 (AA, §1.4.3), with the ratio; disabled controls are exempt. */
export async function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(await readFile(new URL('faint-texts.js', import.meta.url), 'utf8'));
}

/** How far the page reaches beyond the window's right edge, in pixels. */
export const overhang = async (page: Page): Promise<number> => page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - innerWidth)');
