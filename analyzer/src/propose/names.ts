import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Constraints } from '../cluster/pins.ts';
import type { Placement } from '../cluster/place.ts';
import { singular, stem, words } from '../cluster/words.ts';
import { isTable, plain } from './reasons.ts';

export interface Nameless {
  readonly modules: readonly ModulePath[];
  readonly tables: readonly string[];
}

/** Words of the craft and of plain speech: no team would answer the telephone with one. They name a context only where it has no other word. */
const NO_BUSINESS = new Set(('abstract adapter after angular any app array async back backend base batch before begin bit bool boolean bootstrap bulk bullmq by byte bytes check clean close code command common compute constructor contains '
  + 'controller count cron current dao decorators delta dev diff do docker done driver dto dummy each enable end ensure entity enum env express extract false fastify feature fetch file final first fix fixed flag folder '
  + 'format formatter framework from frontend full generic give global go graphql has have hidden http if init initialize inner install instance int integer interceptor invalid is it iterator jest js json just kind knex '
  + 'kysely lambert last left length level lib library line load loader local lookup loop make many me method middleware mikro mikroorm mini misc mongoose monorepo more move multi my mysql need nest nestj nestjs next no '
  + 'node none normalize not null number old one only operation outer own package pagination parse parser part pass path per ping pipe pipeline plain plumbing pool prefix prepare print prisma private process promise proxy '
  + 'public pull push put raw reader ready real refresh regex register render repo reset resolve rest retry return right root run safe same sanitize script sdk select self send sequelize server shim short show simple '
  + 'single size slow some sort source split sql sqlite src start state static status step stop strategy stream strict sub suffix sum swagger sync system tab tail temp test thing tick time tmp to toggle '
  + 'tooling top toplevel trace tracing transform transformer tree true try ts typeorm typescript ui uncategorised uncategorized undefined unique unknown until up upsert use util var vector version via vite void wait walk '
  + 'webpack when while wide window wrap wrapper yes zero zod').split(' ').map(singular));
/** What is left of such a word's score, … */
const DEMOTED = 0.02;
/** … unless this share of the context carries it, and of all who carry it this share is in the context: then it is what the thing is. */
const ITS_OWN = 0.7;
/** A folder's word in more than this share of all modules is where the code lies, not what it is about. */
const EVERYWHERE = 0.25;
/** What a table's word counts beside a module's: people named it for what it holds. */
const TABLE_SAYS = 1.5;

/**
 * A name for each context from the words of its tables, folders and files: the word that is most its own: covered by many of its members (squared, for a name must fit them), used little elsewhere (its root, for the heart of a system is spoken of everywhere), no word of the craft and no folder that holds half the system.
 * Unique, plurals aside: where two contexts would share a name, the second word is added. Pinned names win.
 * @returns names in the order of the contexts.
 */
export function nameContexts(vocabulary: Vocabulary, contexts: readonly Nameless[], pinned: ReadonlyMap<number, string>): string[] {
  const bags = contexts.map((context) => weigh(context, vocabulary));
  const overall = new Map<string, number>();
  for (const bag of bags) for (const [word, weight] of bag) overall.set(word, (overall.get(word) ?? 0) + weight);
  const modules = contexts.reduce((total, context) => total + context.modules.length, 0);
  const lost = new Set([...NO_BUSINESS, ...structural(contexts, modules)]);
  const taken = new Set(['monolith', 'shared', ...pinned.values()].map(singular));
  return contexts.map((context, i) => {
    const own = pinned.get(i);
    if (own !== undefined) return own;
    const ranked = [...bags[i] ?? []].map(([word, weight]) => ({ word, score: scoreOf(weight / (context.modules.length + context.tables.length), weight / (overall.get(word) ?? 1), lost.has(word)) }))
      .sort((a, b) => b.score - a.score || compareText(a.word, b.word)).slice(0, 4).map(({ word }) => word);
    const name = candidates(ranked, asWritten(context)).find((text) => !taken.has(singular(text))) ?? fallback(taken);
    taken.add(singular(name));
    return name;
  });
}

const scoreOf = (covered: number, ofAll: number, lost: boolean): number => covered ** 2 * Math.sqrt(ofAll) * (lost && Math.min(covered, ofAll) < ITS_OWN ? DEMOTED : 1);

/** Distinct words of each module's path and of what it declares: taken apart once, for the proposal, its rivals and every what-if. */
export type Vocabulary = ReadonlyMap<ModulePath, { readonly path: readonly string[]; readonly symbols: readonly string[] }>;

export const vocabularyOf = (model: SystemModel): Vocabulary => new Map(model.modules.map(({ path, symbols }) =>
  [path, { path: distinct([...path.split('/').slice(0, -1), stem(path)]), symbols: distinct(symbols) }]));

const distinct = (texts: readonly string[]): string[] => [...new Set(texts.flatMap(words))];

/** Every module and table speaks once per word, so that one file with forty identifiers does not name the context. */
function weigh({ modules, tables }: Nameless, vocabulary: Vocabulary): Map<string, number> {
  const bag = new Map<string, number>();
  const add = (spoken: readonly string[], weight: number): void => {
    for (const word of spoken) bag.set(word, (bag.get(word) ?? 0) + weight);
  };
  for (const table of tables) add(distinct([table]), TABLE_SAYS);
  for (const module of modules) {
    const { path = [], symbols = [] } = vocabulary.get(module) ?? {};
    add(path, 1);
    add(symbols, 0.15);
  }
  return bag;
}

/** Below this many modules a word in a quarter of them may well be the business itself. */
const MANY = 60;

/** Folder words that lie over much of the system and over many contexts: `libraries`, `features`. */
function structural(contexts: readonly Nameless[], modules: number): string[] {
  if (modules < MANY) return [];
  const counts = new Map<string, number>();
  for (const module of contexts.flatMap(({ modules: its }) => its)) for (const word of distinct(module.split('/').slice(0, -1))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > modules * EVERYWHERE).map(([word]) => word);
}

/** `orders`, where the context's own tables or folders say so; `order` where only code does. */
function asWritten({ modules, tables }: Nameless): ReadonlyMap<string, string> {
  const written = new Map<string, string>();
  const texts = [...tables, ...modules.flatMap((path) => path.split('/').slice(0, -1))].flatMap((text) => text.toLowerCase().split(/[^a-z]+/));
  for (const text of texts.sort(compareText)) if (text.length > 1 && !written.has(singular(text))) written.set(singular(text), text);
  for (const text of texts) if (text.endsWith('s') && singular(text) !== text) written.set(singular(text), text);
  return written;
}

function candidates(ranked: readonly string[], written: ReadonlyMap<string, string>): string[] {
  const plain = ranked.map((word) => written.get(word) ?? word);
  const [first] = ranked;
  return [...plain.slice(0, 1), ...(first === undefined ? [] : plain.slice(1).map((second) => `${first}-${second}`)), ...plain.slice(1)];
}

function fallback(taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) if (!taken.has(`context-${String(n)}`)) return `context-${String(n)}`;
}

/** Names for a division; the pinned names hold in every rival, too. `kept` are names that a rival takes over from the proposal. */
export function namesOf(vocabulary: Vocabulary, placement: Divided, { names }: Pick<Constraints, 'names'>, kept: ReadonlyMap<number, string> = new Map()): string[] {
  const pinned = new Map([...names].flatMap(([name, item]) => {
    const community = placement.communityOf.get(item);
    return community === undefined ? [] : [[community, name] as const];
  }));
  // A pinned name belongs to where its item lies, though most of what else it named lies elsewhere here.
  const taken = [...kept].filter(([, name]) => !names.has(name));
  return nameContexts(vocabulary, membersOf(placement), new Map([...taken, ...pinned]));
}

export type Divided = Pick<Placement, 'communityOf' | 'communities'>;

/** Modules and tables by community. */
export function membersOf({ communityOf, communities }: Divided): { modules: string[]; tables: string[] }[] {
  const members = Array.from({ length: communities }, () => ({ modules: [] as string[], tables: [] as string[] }));
  for (const [item, community] of communityOf) {
    if (isTable(item)) members[community]?.tables.push(plain(item));
    else members[community]?.modules.push(item);
  }
  return members;
}
