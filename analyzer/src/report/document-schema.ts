import { z } from 'zod';

const path = z.string().describe('A module: path relative to the analyzed directory, `/`-separated.');
const evidence = z.strictObject({ file: path, line: z.int().nonnegative() }).describe('Where the source says so; lines count from 1.');
const layer = z.enum(['transaction', 'write', 'endpoint', 'call', 'import', 'foreignKey', 'read', 'coChange', 'names', 'folders', 'type']);
const cutKind = z.enum(['call', 'import', 'type', 'read', 'write', 'join', 'foreignKey', 'transaction']);
const share = z.strictObject({ resolved: z.int(), total: z.int() });
const uses = z.array(z.strictObject({ context: z.string(), places: z.int() }));
const reason = z.strictObject({ layer, a: z.string(), b: z.string(), says: z.string(), weight: z.number(), evidence: evidence.optional() });
const confidence = z.number().min(0).max(1).describe('(own − runner-up) ÷ (own + runner-up) of the evidence.');

const volume = z.strictObject({ requests: z.int(), share: z.number(), perDay: z.number().optional() }).describe('Requests, where traces or logs were given: how many, of all that were matched (0–1), and a day at that pace.');
const remedy = z.strictObject({ kind: z.string(), text: z.string() });
const author = z.strictObject({ name: z.string(), commits: z.int(), share: z.number() });
const flip = z.strictObject({ to: z.string(), by: z.enum(['removal', 'addition', 'leans already', 'none']), ties: z.array(reason), more: z.int(), says: z.string() }).describe('The least that would move the module to its runner-up.');
const divisionCost = z.strictObject({
  cuts: z.int(), cost: z.number(), transactions: z.int().describe('That would span contexts.'),
  complexity: z.int().describe('Of making the distributed endpoints sagas (Santos & Rito Silva 2020).'), distributed: z.int().describe('Endpoints that more than one context would serve.'),
});

const context = z.strictObject({
  name: z.string(),
  role: z.enum(['service', 'library']).describe('A library owns no table and answers no endpoint.'),
  modules: z.array(path),
  tables: z.array(z.string()).describe('Tables it owns. A table has one owner.'),
  endpoints: z.array(z.string()).describe('`METHOD /path`; GraphQL, jobs and events by their name.'),
  lines: z.int(),
  confidence,
  runnerUp: z.strictObject({ context: z.string(), share: z.number() }).optional(),
  why: z.array(reason),
  members: z.array(z.strictObject({ module: path, confidence, runnerUp: z.string().optional(), flip: flip.optional() })),
  authors: z.array(author).describe('Who knows this code, by churn; empty without history.'),
});

const endpoint = z.strictObject({
  id: z.string(), framework: z.string(), module: path, context: z.string().nullable(), evidence,
  complexity: z.int(), volume: volume.optional(),
  sequence: z.array(z.strictObject({ table: z.string(), mode: z.enum(['read', 'write']), owner: z.string().nullable(), transaction: z.string().optional(), evidence })).describe('In the order of the source, propagated over the call graph.'),
});

const table = z.strictObject({
  name: z.string(), owner: z.string().nullable(), declared: z.boolean(), columns: z.array(z.string()), rows: z.number().nullable().describe('About how many, as a live database says; null without one.'),
  role: z.enum(['own', 'reference', 'god']), writers: uses, readers: uses,
  split: z.array(z.strictObject({
    context: z.string(), name: z.string(), columns: z.array(z.string()), key: z.array(z.string()),
    because: z.array(z.strictObject({ column: z.string(), why: z.enum(['written', 'read only', 'unclaimed']), evidence: evidence.optional() })),
  })).describe('The tables a god entity becomes, the owner\'s part first; every part has the key, too.'),
});

/** The JSON report's shape, version 1. The published JSON Schema is generated from it. */
export const documentSchema = z.strictObject({
  schemaVersion: z.literal(1),
  system: z.string(),
  options: z.strictObject({ without: z.array(z.enum(['names', 'folders', 'history'])), seed: z.int() }),
  contexts: z.array(context),
  shared: z.strictObject({
    modules: z.array(path),
    why: z.array(z.strictObject({ module: path, reason: z.enum(['utility', 'composition', 'script', 'isolated', 'pinned']), why: z.string() })),
    endpoints: z.array(z.string()), tables: z.array(z.string()),
  }).describe('What belongs to no context. Every module of the program (source and types) is in exactly one context or here.'),
  hubs: z.array(z.strictObject({
    kind: z.enum(['technical utility', 'reference data', 'god entity']), subject: z.string(), owner: z.string().optional(), remedy, users: uses, evidence: z.array(evidence),
  })).describe('What to deal with before any cut.'),
  other: z.array(z.strictObject({ path, kind: z.string() })).describe('Modules that are no part of the program: tests, migrations, generated files, tool configs, and what runs in a browser.'),
  endpoints: z.array(endpoint),
  tables: z.array(table),
  views: z.array(z.strictObject({ name: z.string(), reads: z.array(z.string()), evidence })).describe('A read of a view is a read of these tables, and counted as one.'),
  triggers: z.array(z.strictObject({ name: z.string(), table: z.string(), writes: z.array(z.string()), reads: z.array(z.string()), evidence })).describe('Whoever writes the table touches these, too, and is counted so.'),
  cuts: z.array(z.strictObject({ kind: cutKind, from: z.string(), to: z.string(), what: z.string(), source: z.string(), target: z.string(), cost: z.number(), evidence, remedy, within: z.string().optional(), volume: volume.optional() })),
  pairs: z.array(z.strictObject({ from: z.string(), to: z.string(), cost: z.number(), counts: z.partialRecord(cutKind, z.int()), remedies: z.array(z.strictObject({ kind: z.string(), cuts: z.int() })), volume: volume.optional() })).describe('The cuts summed up per pair of contexts, costliest first.'),
  sagas: z.array(z.strictObject({
    id: z.string(), name: z.string(), orchestrator: z.string(), kind: z.enum(['saga', 'outbox']), evidence,
    steps: z.array(z.strictObject({ context: z.string(), writes: z.array(z.string()), does: z.string(), compensation: z.string().optional() })),
    endpoints: z.array(z.string()), complexity: z.int(), volume: volume.optional(),
  })),
  order: z.array(z.strictObject({
    rank: z.int(), context: z.string(), score: z.number(), risk: z.enum(['low', 'medium', 'high']), because: z.string(),
    value: z.strictObject({ total: z.number(), churn: z.number(), contention: z.number(), endpoints: z.number(), traffic: z.number() }),
    cost: z.strictObject({ total: z.number(), byKind: z.partialRecord(cutKind, z.number()) }),
    first: z.array(z.strictObject({ remedy: z.string(), text: z.string(), cost: z.number(), cuts: z.int(), evidence })).describe('What must be done before it can leave, in order.'),
  })),
  decisions: z.array(z.strictObject({ module: path, context: z.string(), runnerUp: z.string(), confidence, stays: z.array(reason), moves: z.array(reason),
    question: z.string(), flip: flip.optional(),
    answers: z.array(z.strictObject({ context: z.string(), cuts: z.int(), cost: z.number(), consequence: z.string(), pin: z.string().describe('Lines for strangler.contexts.yaml.') })),
  })),
  rivals: z.array(z.strictObject({
    kind: z.enum(['coarser', 'finer', 'fewer cuts']),
    resolution: z.number(), contexts: z.int(), stability: z.number(), agreement: z.number(),
    largest: z.array(z.strictObject({ name: z.string(), modules: z.int() })),
    members: z.array(z.strictObject({ name: z.string(), modules: z.array(path), tables: z.array(z.string()) })),
    differs: z.array(z.strictObject({ kind: z.enum(['merges', 'splits', 'moves']), of: z.array(z.string()), into: z.array(z.string()), modules: z.int(), says: z.string() })),
    cost: divisionCost,
  })),
  cost: divisionCost.describe('Of the proposal itself, to be held against its rivals.'),
  strains: z.array(z.strictObject({ rule: z.enum(['an endpoint follows its write owner', 'a table is owned by a context that writes it', 'a pin holds']), what: z.string(), remedy: z.string(), evidence: evidence.optional() })).describe('Rules of a sound division that the proposal strains.'),
  history: z.array(z.strictObject({ module: path, commits: z.int(), churn: z.number(), authors: z.array(author) })).describe('Commits per module, decayed by age to half a year by year (churn), and by whom. Empty without git.'),
  traffic: z.strictObject({
    sources: z.array(z.strictObject({ file: z.string(), kind: z.enum(['traces', 'access log', 'har']), requests: z.int(), matched: z.int(), bad: z.int(), seconds: z.number() })),
    endpoints: z.array(volume.extend({ endpoint: z.string() })),
    accesses: z.array(z.strictObject({ endpoint: z.string(), table: z.string(), mode: z.enum(['read', 'write']), times: z.int() })),
    unmatched: z.array(z.strictObject({ method: z.string(), path: z.string(), requests: z.int() })),
  }).nullable().describe('What traces and logs said; null when none were given.'),
  cycles: z.array(z.array(path)).describe('Modules that need one another to load.'),
  quality: z.strictObject({ modularity: z.number(), sm: z.number(), smAsPublished: z.number(), icp: z.number(), ifn: z.number(), ned: z.number(), largest: z.number() }),
  stability: z.strictObject({ chosen: z.number(), resolution: z.number(), sweep: z.array(z.strictObject({ resolution: z.number(), contexts: z.int(), stability: z.number() })) }),
  recall: z.strictObject({ imports: share, calls: share, queries: share, endpoints: share, traced: share }),
  unresolved: z.array(z.strictObject({ kind: z.enum(['import', 'call', 'query', 'endpoint', 'file', 'schema', 'traffic']), what: z.string(), why: z.string(), evidence })),
  crossCheck: z.array(z.strictObject({ from: path, to: path, seenBy: z.enum(['madge', 'strangler']), because: z.string() })),
  idlePins: z.array(z.string()),
  held: z.strictObject({
    crossings: z.array(z.strictObject({ identity: z.string(), state: z.enum(['new', 'known']), places: z.int(), kind: cutKind, from: z.string(), to: z.string(), what: z.string(), evidence, remedy: z.strictObject({ kind: z.string(), text: z.string() }) })),
    gone: z.array(z.string()).describe('In the baseline and no longer in the code: `orders → stock: call …`.'),
    placed: z.array(z.strictObject({ module: path, context: z.string(), because: z.enum(['folder', 'edges', 'pinned', 'renamed']) })).describe('Modules that the baseline does not know, and where they were put.'),
    renamed: z.array(z.strictObject({ from: path, to: path })),
    newGaps: z.array(z.string()).describe('What could not be resolved and was no gap before: a crossing there would not be seen.'),
  }).optional().describe('With --baseline: how the code keeps to it. Contexts here are the baseline\'s, not the proposal\'s.'),
});

export type AnalysisDocument = z.output<typeof documentSchema>;

/** JSON Schema of the document, as published. */
export const documentJsonSchema = (): unknown => ({ $id: 'analysis.v1.schema.json', title: 'strangler analyze --format json', ...z.toJSONSchema(documentSchema) });
