import type { ModulePath } from '../../model/evidence.ts';
import type { ImportEdge, Module } from '../../model/graph.ts';

/** What only a page imports, or what renders one. Whether it runs on the server all the same (an e-mail's template) is seen by who imports it. */
const FRAMEWORK = /^(?:react|react-dom|react-native|preact|vue|svelte|solid-js|jquery|lit|ember|backbone|@angular\/(?:core|common|router|forms)|@remix-run\/react|next\/(?:link|navigation|router|image|dynamic|head|script|font|app|document))(?:\/|$)/;
const MARKUP = /\.[jt]sx$/;
/** `public/src/chat.js`, served as it lies; below `src/` a folder of that name is more often a part of the program. */
const SERVED = /^(?:(?!src\/)[^/]+\/)*public\//;
/** A package most of which is a page's is one: its entry points and settings import no framework. */
const MOSTLY = 0.6;

export interface BrowserQuestion {
  readonly modules: readonly Module[];
  readonly imports: readonly ImportEdge[];
  /** Specifiers that a module imports, as written. */
  readonly specifiers: ReadonlyMap<ModulePath, readonly string[]>;
  /** Modules that touch a table or answer an endpoint. */
  readonly serving: ReadonlySet<ModulePath>;
  /** Paths of the `package.json` files. */
  readonly packages: readonly string[];
}

/**
 * Marks what runs in a browser: it is a client of the services, has no table and no endpoint, and nothing of it can be routed elsewhere. A module is a page's when it says so (framework, markup, `public/`), when only
 * pages import it or when most of its package is; never when it serves something itself or when what runs on the server imports it. A tree without a server is left as it is.
 */
export function withBrowser(question: BrowserQuestion): readonly Module[] {
  const { modules, serving } = question;
  if (serving.size === 0) return modules;
  const inProgram = new Set(modules.filter(({ kind }) => kind === 'source' || kind === 'declaration').map(({ path }) => path));
  const edges = question.imports.filter(({ from, test }) => !test && inProgram.has(from)).flatMap(({ from, to, kind, through }) => [to, ...through].map((target) => ({ from, to: target, kind })));
  const pages = grown(withPackages(question, inProgram, claimed(question, inProgram)), edges, inProgram, serving);
  for (const reached of serverSide(inProgram, pages, edges)) pages.delete(reached);
  return pages.size === 0 ? modules : modules.map((module) => (pages.has(module.path) ? { ...module, kind: 'browser' } : module));
}

type Edge = Pick<ImportEdge, 'from' | 'to' | 'kind'>;

const claimed = ({ specifiers, serving }: BrowserQuestion, inProgram: ReadonlySet<ModulePath>): Set<ModulePath> => new Set([...inProgram].filter((path) =>
  !serving.has(path) && (MARKUP.test(path) || SERVED.test(path) || (specifiers.get(path) ?? []).some((specifier) => FRAMEWORK.test(specifier)))));

function withPackages({ packages, serving }: BrowserQuestion, inProgram: ReadonlySet<ModulePath>, pages: Set<ModulePath>): Set<ModulePath> {
  const folders = packages.map((path) => path.slice(0, -'package.json'.length)).filter((folder) => folder !== '').sort((a, b) => b.length - a.length);
  const members = Map.groupBy(inProgram, (path) => folders.find((folder) => path.startsWith(folder)) ?? '');
  for (const [folder, paths] of members) {
    if (folder === '' || paths.some((path) => serving.has(path)) || paths.filter((path) => pages.has(path)).length < paths.length * MOSTLY) continue;
    for (const path of paths) pages.add(path);
  }
  return pages;
}

/** Adds what nobody but pages imports, until nothing more is found. */
function grown(pages: Set<ModulePath>, edges: readonly Edge[], inProgram: ReadonlySet<ModulePath>, serving: ReadonlySet<ModulePath>): Set<ModulePath> {
  const importers = Map.groupBy(edges, ({ to }) => to);
  for (let before = -1; before !== pages.size;) {
    before = pages.size;
    for (const [path, of] of importers) if (inProgram.has(path) && !serving.has(path) && of.every(({ from }) => pages.has(from))) pages.add(path);
  }
  return pages;
}

/** Pages that something outside them needs at run time, and what those need. */
function serverSide(inProgram: ReadonlySet<ModulePath>, pages: ReadonlySet<ModulePath>, edges: readonly Edge[]): ReadonlySet<ModulePath> {
  const needs = Map.groupBy(edges.filter(({ kind }) => kind !== 'type'), ({ from }) => from);
  const reached = new Set([...inProgram].filter((path) => !pages.has(path)));
  for (const path of reached) for (const { to } of needs.get(path) ?? []) reached.add(to);
  return reached;
}
