import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../src/cluster/random.ts';
import { listFiles } from '../src/read/source/walk.ts';

/** A line of source that looks as if it registered an entry point, to whoever reads text and knows nothing of the reader under test. */
export interface Site { readonly file: string; readonly line: number; readonly kind: SiteKind; readonly text: string }

export type SiteKind = 'call' | 'decorator' | 'graphql' | 'job' | 'event';

/** Only by the looks of the text: on purpose not by the reader's own rules. The first that fits counts. */
const PATTERNS: readonly (readonly [SiteKind, RegExp])[] = [
  ['decorator', /@(?:Get|Post|Put|Patch|Delete|All|Head|Options|Sse|httpGet|httpPost|httpPut|httpPatch|httpDelete)\(/g],
  ['graphql', /@(?:Query|Mutation|Subscription|ResolveField|FieldResolver)\(/g],
  ['job', /@(?:Cron|Interval|Timeout|Process|Processor|OnJob|JobWorker)\(|\b(?:scheduleJob|cron\.schedule|new CronJob|new Worker)\(|\.process\(\s*(?:['"`\w]+,|async|function)/g],
  ['event', /@(?:OnEvent|EventPattern|MessagePattern|SubscribeMessage|EventsHandler|CommandHandler|QueryHandler|OnQueue\w+|OnWorkerEvent|Subscribe)\(|\b(?:\w*[eE]mitter|\w*[eE]vent\w*|io|socket|ev|bus)\.on\(\s*['"`\w]/g],
  ['call', /\.(?:get|post|put|patch|delete|del|all|head|options)\(\s*(?:['"`][/*:]|\[\s*['"`]\/|\/\^?\\?\/|['"`]['"`]|['"`][a-z]+[./][\w.:/]*['"`],)|\bthis\.route\(|\bmethod: ['"](?:get|post|put|patch|delete|GET|POST|PUT|PATCH|DELETE)['"],?\s*(?:\n\s*)?(?:url|path|route):/g],
];

const NO_PRODUCT = /(?:^|\/)(?:tests?|__tests__|__mocks__|e2e(?:-\w+)?|fixtures?|spec|cypress|docs|examples?|dist|templates?|frontend|client|web|ui|public|dashboard)\/|[.-](?:test|spec|e2e|e2e-ee|mock|stories|d)\.[cm]?[jt]sx?$/;

/** Every place below `root` that looks like a registration, in the order of files and lines. */
export const sitesIn = (root: string): Site[] => listFiles(root).sources.filter((path) => !NO_PRODUCT.test(path)).flatMap((file) => sitesOf(file, readFileSync(join(root, file), 'utf8')));

const sitesOf = (file: string, source: string): Site[] => {
  const lines = source.split('\n');
  const found = new Map<number, Site>();
  for (const [kind, pattern] of PATTERNS) {
    // Nest's @Query() of a parameter looks the same as GraphQL's.
    if (kind === 'graphql' && !/['"](?:@nestjs\/graphql|type-graphql)['"]/.test(source)) continue;
    for (const { index } of source.matchAll(pattern)) {
      const line = source.slice(0, index).split('\n').length;
      const text = lines[line - 1]?.trim() ?? '';
      if (!found.has(line) && !text.startsWith('//') && !text.startsWith('*')) found.set(line, { file, line, kind, text });
    }
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
};

/** A seeded sample of at most `quota` sites of each kind, no more than `perFile` from one file. */
export const drawSites = (sites: readonly Site[], seed: number, quota: Readonly<Record<SiteKind, number>>, perFile: number): Site[] => {
  const dice = seededRandom(seed);
  const shuffled = sites.map((site) => ({ site, at: dice() })).sort((a, b) => a.at - b.at).map(({ site }) => site);
  const kinds = new Map<SiteKind, number>();
  const files = new Map<string, number>();
  return shuffled.filter(({ kind, file }) => {
    if ((kinds.get(kind) ?? 0) >= quota[kind] || (files.get(file) ?? 0) >= perFile) return false;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    files.set(file, (files.get(file) ?? 0) + 1);
    return true;
  }).sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
};
