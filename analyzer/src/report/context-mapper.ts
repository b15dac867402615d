import { compareText } from '../model/evidence.ts';
import type { Analysis, Cut, ServiceCandidate } from '../propose/analysis.ts';
import { aggregatesOf, type Aggregate } from './aggregates.ts';
import { contextArrows } from './mermaid.ts';
import { uniqueNames } from './unique-names.ts';
import { kindsOf, plural } from './words.ts';

/**
 * Context Mapper's CML: a bounded context per service, its tables as aggregates, and a relationship per pair of contexts. Who is needed is upstream.
 * An upstream that several contexts need offers an open host service (OHS); where types are shared it publishes a language (PL); the downstream
 * side keeps an anti-corruption layer (ACL) where it calls or reads.
 */
export function contextMapper(analysis: Analysis): string {
  const { contexts, model } = analysis;
  const names = uniqueNames(contexts.map(({ name }) => name), identifier);
  const map = uniqueNames([model.name], (name) => `${identifier(name)}_map`).get(model.name) ?? '';
  const aggregates = new Map(contexts.map((context) => [context.name, aggregatesOf(model, context.tables)] as const));
  const aggregateIds = uniqueNames([...aggregates.values()].flat().map(({ root }) => root), (root) => `${identifier(root)}_aggregate`);
  const spell: Spelling = { context: (name) => `^${names.get(name) ?? ''}`, aggregate: (root) => `^${aggregateIds.get(root) ?? ''}` };
  return [
    `/* Contexts of ${comment(model.name)}, as proposed by strangler analyze. */`,
    ...(contexts.length === 0 ? [] : [
      `ContextMap ^${map} {`, '  type = SYSTEM_LANDSCAPE', '  state = TO_BE',
      `  contains ${contexts.map(({ name }) => spell.context(name)).join(', ')}`,
      ...relationships(analysis, spell), '}',
    ]),
    ...contexts.flatMap((context) => ['', ...boundedContext(context, aggregates.get(context.name) ?? [], spell)]), '',
  ].join('\n');
}

interface Spelling {
  readonly context: (name: string) => string;
  readonly aggregate: (root: string) => string;
}

function relationships({ cuts }: Analysis, spell: Spelling): string[] {
  const arrows = contextArrows(cuts);
  const downstreams = new Map<string, number>();
  for (const { to } of arrows) downstreams.set(to, (downstreams.get(to) ?? 0) + 1);
  return [...arrows].sort((a, b) => compareText(a.to, b.to) || compareText(a.from, b.from)).flatMap(({ from, to, cuts: its, cost }) => {
    const upstream = ['U', ...((downstreams.get(to) ?? 0) > 1 ? ['OHS'] : []), ...(its.some(({ kind }) => kind === 'type') ? ['PL'] : [])];
    const downstream = ['D', ...(its.some(needsLayer) ? ['ACL'] : [])];
    return [
      `  /* ${kindsOf(its)}; cost ${String(cost)} */`,
      `  ${spell.context(to)} [${upstream.join(', ')}] -> [${downstream.join(', ')}] ${spell.context(from)} {`,
      `    implementationTechnology = ${quote([...new Set(its.map(({ remedy }) => remedy.kind))].sort(compareText).join(', '))}`, '  }',
    ];
  });
}

const needsLayer = ({ kind }: Cut): boolean => kind === 'call' || kind === 'read' || kind === 'join' || kind === 'import';

const boundedContext = ({ name, modules, lines, endpoints, tables }: ServiceCandidate, aggregates: readonly Aggregate[], spell: Spelling): string[] => [
  `BoundedContext ${spell.context(name)} {`,
  '  type = APPLICATION',
  `  domainVisionStatement = ${quote(`${name}: ${plural(modules.length, 'module')}, ${plural(lines, 'line')}, ${plural(endpoints.length, 'endpoint')}.`)}`,
  ...(endpoints.length === 0 ? [] : [`  responsibilities = ${endpoints.map(quote).join(', ')}`]),
  '  implementationTechnology = "Node.js"',
  ...aggregates.flatMap((aggregate) => printAggregate(aggregate, spell, uniqueNames(tables, entityName))),
  '}',
];

function printAggregate({ root, tables, columns }: Aggregate, spell: Spelling, entities: ReadonlyMap<string, string>): string[] {
  return [
    `  Aggregate ${spell.aggregate(root)} {`,
    ...tables.flatMap((table) => [
      ...((columns.get(table) ?? []).length === 0 ? [] : [`    /* ${comment((columns.get(table) ?? []).join(', '))} */`]),
      `    Entity ^${entities.get(table) ?? ''}${table === root ? ' {\n      aggregateRoot\n    }' : ''}`,
    ]),
    '  }',
  ];
}

/** An identifier of the grammar; a caret before it keeps it from being read as a keyword. */
const identifier = (name: string): string => name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)|^$/, '_');
/** `order_lines` → `OrderLines`: domain objects begin with a capital. */
const entityName = (table: string): string => identifier(table).replace(/^_*([a-z0-9])|_+([A-Za-z0-9])/g, (_whole, first: string | undefined, next: string | undefined) => (first ?? next ?? '').toUpperCase()).replace(/^(?=\d)|^$/, 'T');
const quote = (text: string): string => `"${oneLine(text).replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`)}"`;
const comment = (text: string): string => oneLine(text).replaceAll('*/', '* /');
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ');
