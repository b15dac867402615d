import { describe, expect, test } from '@jest/globals';
import { systemOf } from '../../model/sample-system.ts';
import { withBrowser } from './browser.ts';

interface Asked {
  readonly modules: readonly string[];
  readonly imports?: readonly string[];
  readonly specifiers?: Readonly<Record<string, readonly string[]>>;
  readonly serving?: readonly string[];
  readonly packages?: readonly string[];
}

const pagesOf = ({ modules, imports = [], specifiers = {}, serving = ['server/films.ts'], packages = [] }: Asked): string[] => {
  const model = systemOf({ modules: Object.fromEntries(modules.map((path) => [path, []])), imports });
  return withBrowser({ modules: model.modules, imports: model.imports, specifiers: new Map(Object.entries(specifiers)), serving: new Set(serving), packages }).filter(({ kind }) => kind === 'browser').map(({ path }) => path);
};

describe('what runs in a browser', () => {
  test('a page says so by its framework, its markup or the folder it is served from', () => {
    expect(pagesOf({ modules: ['server/films.ts', 'web/seats.tsx', 'web/store.ts', 'public/js/ticker.js', 'src/public/public.ts'], specifiers: { 'web/store.ts': ['vue'] } })).toEqual(['public/js/ticker.js', 'web/seats.tsx', 'web/store.ts']);
  });

  test('what only pages import goes with them, however far down', () => {
    expect(pagesOf({ modules: ['server/films.ts', 'web/seats.tsx', 'lib/colours.ts', 'lib/hex.ts', 'lib/money.ts'], imports: ['web/seats.tsx > lib/colours.ts', 'lib/colours.ts > lib/hex.ts', 'web/seats.tsx > lib/money.ts', 'server/films.ts > lib/money.ts'] }))
      .toEqual(['lib/colours.ts', 'lib/hex.ts', 'web/seats.tsx']);
  });

  test('what the server needs when it runs is the server\'s: the template of a letter, and what that imports', () => {
    expect(pagesOf({ modules: ['server/films.ts', 'mail/ticket.tsx', 'mail/footer.tsx', 'web/seats.tsx'], imports: ['server/films.ts > mail/ticket.tsx', 'mail/ticket.tsx > mail/footer.tsx', 'server/films.ts ~> web/seats.tsx'] })).toEqual(['web/seats.tsx']);
  });

  test('a page that asks the database itself is no client', () => {
    expect(pagesOf({ modules: ['app/films/page.tsx', 'app/about/page.tsx'], serving: ['app/films/page.tsx'] })).toEqual(['app/about/page.tsx']);
  });

  test('a package most of which is pages is theirs, unless something in it serves', () => {
    const modules = ['server/films.ts', 'web/a.tsx', 'web/b.tsx', 'web/start.ts', 'admin/a.tsx', 'admin/b.tsx', 'admin/start.ts', 'admin/api.ts'];
    expect(pagesOf({ modules, packages: ['package.json', 'web/package.json', 'admin/package.json'], serving: ['server/films.ts', 'admin/api.ts'] })).toEqual(['admin/a.tsx', 'admin/b.tsx', 'web/a.tsx', 'web/b.tsx', 'web/start.ts']);
  });

  test('a tree without a server is left as it is', () => {
    expect(pagesOf({ modules: ['web/seats.tsx'], serving: [] })).toEqual([]);
  });
});
