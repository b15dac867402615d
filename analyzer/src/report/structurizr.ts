import type { Analysis, ServiceCandidate } from '../propose/analysis.ts';
import { contextArrows } from './mermaid.ts';
import { uniqueNames } from './unique-names.ts';
import { kindsOf, plural } from './words.ts';

/** Structurizr DSL: a C4 container per context and one per context's tables, an arrow per pair of contexts with what crosses, one container view. */
export function structurizr(analysis: Analysis): string {
  const { contexts, endpoints, model } = analysis;
  const id = uniqueNames(contexts.map(({ name }) => name), (name) => `context_${name.replace(/[^A-Za-z0-9]+/g, '_')}`);
  const taken = new Set(contexts.map(({ name }) => name));
  const owners = contexts.filter(({ tables }) => tables.length > 0);
  const answering = contexts.filter((context) => context.endpoints.length > 0);
  return [
    `workspace ${quote(model.name)} ${quote('Contexts proposed from the source of the monolith.')} {`,
    '  model {',
    ...(answering.length === 0 ? [] : ['    clients = person "Clients" "Whoever calls the endpoints."']),
    `    monolith = softwareSystem ${quote(model.name)} ${quote(`${plural(model.modules.length, 'module')}, ${plural(endpoints.length, 'endpoint')}`)} {`,
    ...contexts.map((context) => `      ${idOf(id, context)} = container ${quote(context.name)} ${quote(sizeOf(context))} "Node.js" ${quote(context.role === 'library' ? 'Library' : 'Context')}`),
    ...owners.map((context) => `      ${idOf(id, context)}_tables = container ${quote(tablesName(context.name, taken))} ${quote(context.tables.join(', '))} "Tables" "Database"`),
    '    }',
    ...answering.map((context) => `    clients -> ${idOf(id, context)} ${quote(plural(context.endpoints.length, 'endpoint'))}`),
    ...owners.map((context) => `    ${idOf(id, context)} -> ${idOf(id, context)}_tables "owns"`),
    ...contextArrows(analysis.cuts).map(({ from, to, cuts, cost, heavy }) => `    ${id.get(from) ?? ''} -> ${id.get(to) ?? ''} ${quote(kindsOf(cuts))} ${quote(`cost ${String(cost)}`)} ${quote(heavy ? 'Shared data' : 'Cut')}`),
    '  }',
    ...VIEWS, '}', '',
  ].join('\n');
}

const VIEWS: readonly string[] = [
  '  views {',
  '    container monolith "contexts" {', '      include *', '      autolayout lr', '    }',
  '    styles {',
  '      element "Database" {', '        shape cylinder', '      }',
  '      element "Library" {', '        shape component', '      }',
  '      relationship "Shared data" {', '        thickness 4', '        style solid', '      }',
  '    }',
  '  }',
];

const idOf = (id: ReadonlyMap<string, string>, { name }: ServiceCandidate): string => id.get(name) ?? '';
const sizeOf = ({ modules, lines, endpoints, confidence }: ServiceCandidate): string =>
  `${plural(modules.length, 'module')}, ${plural(lines, 'line')}, ${plural(endpoints.length, 'endpoint')}; confidence ${confidence.toFixed(2)}`;

/** Names of containers are unique within a system. */
function tablesName(context: string, taken: Set<string>): string {
  let name = `tables of ${context}`;
  while (taken.has(name)) name += "'";
  taken.add(name);
  return name;
}

/** A string of the DSL: one line, `"` escaped, and no `${`, which the DSL would replace by a constant. A backslash before the closing quote would take it along. */
const quote = (text: string): string => `"${text.replace(/[\s\p{Cc}]+/gu, ' ').replaceAll('\\', '/').replaceAll('${', '$ {').replaceAll('"', String.raw`\"`)}"`;
