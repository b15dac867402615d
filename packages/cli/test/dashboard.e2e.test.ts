import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { faintTexts, findChromium, launch, open, overhang, type Opened } from './browser.ts';
import { shopProxy, type ShopProxy } from './shop-proxy.ts';

const chromium = findChromium();
const inBrowser = 'path' in chromium ? describe : describe.skip;

inBrowser('the dashboard in a browser', () => {
  let browser: Browser;
  let shop: ShopProxy;
  beforeAll(async () => {
    if ('path' in chromium) browser = await launch(chromium.path);
    shop = await shopProxy();
  });
  afterAll(async () => {
    await browser.close();
    await shop[Symbol.asyncDispose]();
  });

  /** By the keyboard alone, as everything below. */
  const signIn = async (page: Page, token: string): Promise<void> => {
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
  };
  const opened = async (look: Parameters<typeof open>[1] = {}): Promise<Opened> => {
    const window = await open(browser, look);
    await window.page.goto(shop.proxy.adminUrl);
    await window.page.waitForFunction("document.activeElement.id === 'token'");
    await signIn(window.page, shop.proxy.token);
    await window.page.waitForSelector('[data-route]');
    return window;
  };
  const route = (page: Page, id: string): ReturnType<Page['locator']> => page.locator(`[data-route="${id}"]`);
  const press = async (page: Page, act: string): Promise<void> => {
    await page.locator(`[data-act="${act}"]`).focus();
    await page.keyboard.press('Enter');
  };

  test('a wrong token is told so, the right one opens the page and is gone with the tab', async () => {
    await using window = await open(browser);
    const { page } = window;
    await page.goto(shop.proxy.adminUrl);
    await page.waitForFunction("document.activeElement.id === 'token'");
    await signIn(page, 'guessed');
    await page.getByText('That is not the token.').waitFor();
    expect(await page.locator('main').isHidden()).toBe(true);
    await signIn(page, shop.proxy.token);
    await page.waitForSelector('[data-route]');
    expect(await page.evaluate('localStorage.length')).toBe(0);
    // The one thing the console may say is that the first token was refused.
    expect(window.complaints.filter((text) => !text.includes('401'))).toEqual([]);
  });

  test('each route says where it stands, and whether and why it can go on', async () => {
    await using window = await opened();
    const { page } = window;
    const said = async (id: string): Promise<(string | null)[]> => Promise.all([route(page, id).locator('[aria-current=step]').textContent(), route(page, id).locator('.tag').textContent()]);
    expect(await said('products.list')).toEqual(['shadow 100 %', 'ready']);
    expect(await said('products.read')).toEqual(['shadow 100 %', 'blocked']);
    expect(await said('products.search')).toEqual(['monolith', 'ready']);
    expect(await said('products.price')).toEqual(['canary 25 %', 'ready']);
    expect(await said('categories.list')).toEqual(['service', 'moved']);
    expect(await said('products.create')).toEqual(['monolith', 'by cut-over']);
    expect(await route(page, 'products.read').textContent()).toContain('30 of 30 answers differ');
    expect(await page.locator('#overview').textContent()).toBe('2 at the monolith, 2 in shadow, 1 in canary, 1 at the service; 3 ready, 1 blocked.');
    expect(window.complaints).toEqual([]);
  });

  test('what differs is shown with both sides, and stays shown after a reload', async () => {
    await using window = await opened();
    const { page } = window;
    await press(page, 'open products.read');
    await page.getByText('"10.00"').waitFor();
    expect(await route(page, 'products.read').locator('table').textContent()).toContain('"9.99""10.00"body:/items/0/price');
    await page.reload();
    await page.getByText('"10.00"').waitFor();
    await press(page, 'open products.read');
    await page.getByText('"10.00"').waitFor({ state: 'hidden' });
    expect(window.complaints).toEqual([]);
  });

  test('a refused promotion says why and offers nothing to do', async () => {
    await using window = await opened();
    const { page } = window;
    await press(page, 'promote products.read');
    await page.locator('dialog[open]').waitFor();
    expect(await page.locator('#change-refusal').textContent()).toContain('30 of 30 answers differ');
    expect(await page.locator('#execute').isHidden()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });

  test('a promotion shows its plan, wants a reason, and is done and audited; the way back is as near', async () => {
    await using window = await opened();
    const { page } = window;
    await press(page, 'promote products.list');
    await page.locator('dialog[open]').waitFor();
    expect(await page.locator('#change-moves').textContent()).toBe('products.list: shadow 100 % → canary 5 %');
    expect(await page.locator('#change-undo').textContent()).toBe('strangler rollback products.list --to shadow:1');
    await page.keyboard.press('Enter');
    expect(await page.locator('#change-error').textContent()).toBe('Say why: the audit keeps it.');
    expect((await shop.admin.route('products.list')).notation).toBe('shadow:1');
    await page.keyboard.type('a week without a difference');
    await page.keyboard.press('Tab');
    await page.keyboard.type('ann');
    await page.keyboard.press('Enter');
    await route(page, 'products.list').getByText('canary 5 %').waitFor();
    expect((await shop.admin.audit(1))[0]).toMatchObject({ act: 'promote', by: 'ann', why: 'a week without a difference' });
    await page.getByText('promote by ann: products.list shadow 100 % → canary 5 %.').waitFor();
    expect(await page.evaluate<string | undefined>('document.activeElement.dataset.act')).toBe('promote products.list');
    await press(page, 'rollback products.list');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.type('enough seen');
    await page.keyboard.press('Enter');
    await page.getByText('rollback by ann: products.list canary 5 % → monolith.').waitFor();
    await shop.admin.promote('products.list', { to: 'shadow:1', by: 'ann', why: 'as it was', execute: true });
    expect(window.complaints).toEqual([]);
  });

  test('Tab reaches every control in the order of the page', async () => {
    await using window = await opened();
    const { page } = window;
    await page.locator('#routes').focus();
    const acts: (string | undefined)[] = [];
    for (let i = 0; i < 4; i += 1) {
      await page.keyboard.press('Tab');
      acts.push(await page.evaluate<string | undefined>('document.activeElement.dataset.act'));
    }
    expect(acts).toEqual(['open products.list', 'promote products.list', 'rollback products.list', 'open products.read']);
  });

  test.each([['light', {}], ['dark', { dark: true }], ['400 pixels wide', { width: 400 }]])('%s: everything can be read and nothing is cut off', async (_look, look) => {
    await using window = await opened(look);
    const { page } = window;
    await press(page, 'open products.read');
    await page.getByText('"10.00"').waitFor();
    expect(await faintTexts(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await press(page, 'promote products.price');
    await page.locator('dialog[open]').waitFor();
    expect(await faintTexts(page)).toEqual([]);
    expect(window.complaints).toEqual([]);
  });

  test('nobody may frame the page, and it runs its own scripts only', async () => {
    const policy = (await fetch(shop.proxy.adminUrl)).headers.get('content-security-policy');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self'");
  });
});
