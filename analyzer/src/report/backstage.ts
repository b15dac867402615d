import { compareText } from '../model/evidence.ts';
import type { Analysis, ServiceCandidate } from '../propose/analysis.ts';
import { openApi } from './open-api.ts';
import { PLAIN, type Printing } from './printing.ts';
import { uniqueNames } from './unique-names.ts';
import { plural } from './words.ts';
import { documents, type Yaml } from './yaml.ts';

/** The catalog's limit for names. */
const MOST = 63;

/** Backstage's catalog-info.yaml: the system, a group and a component per context, an API where it answers HTTP endpoints, a resource per table. */
export function backstage(analysis: Analysis, { base }: Printing = PLAIN): string {
  const { contexts, model } = analysis;
  const names = uniqueNames(contexts.map(({ name }) => name), entityName, { most: MOST - '-api'.length, joint: '-' });
  const tables = uniqueNames(contexts.flatMap((context) => context.tables), entityName, { most: MOST, joint: '-' });
  const system = entityName(model.name).slice(0, MOST);
  const needs = neededBy(analysis);
  const apis = new Map(contexts.map((context) => [context.name, openApi(context)] as const));
  return documents([
    entity('System', { name: system, description: `${plural(model.modules.length, 'module')}, cut into contexts by strangler analyze.` }, { owner: ownerOf(names, contexts[0]?.name) }),
    ...contexts.flatMap((context) => {
      const name = names.get(context.name) ?? '';
      const needed = needs.get(context.name) ?? [];
      const api = apis.get(context.name);
      const consumed = needed.filter((to) => apis.get(to.name) !== undefined).map((to) => `${names.get(to.name) ?? ''}-api`);
      return [
        entity('Group', { name, description: `Whoever owns ${context.name}.` }, { type: 'team', children: [] }),
        entity('Component', { name, title: context.name, description: sizeOf(context), annotations: { 'strangler/modules': String(context.modules.length), 'strangler/analyzed': base === '' ? './' : base } }, {
          type: context.role, lifecycle: 'experimental', owner: `group:${name}`, system,
          ...(api === undefined ? {} : { providesApis: [`${name}-api`] }),
          ...(consumed.length === 0 ? {} : { consumesApis: consumed }),
          ...(context.tables.length + needed.length === 0 ? {} : { dependsOn: [...context.tables.map((table) => `resource:${tables.get(table) ?? ''}`), ...needed.map((to) => `component:${names.get(to.name) ?? ''}`)] }),
        }),
        ...(api === undefined ? [] : [entity('API', { name: `${name}-api`, description: plural(context.endpoints.length, 'endpoint') }, { type: 'openapi', lifecycle: 'experimental', owner: `group:${name}`, system, definition: api })]),
        ...context.tables.map((table) => entity('Resource', { name: tables.get(table) ?? '', title: table, description: `Table ${table}.` }, { type: 'database-table', owner: `group:${name}`, system })),
      ];
    }),
  ]);
}

const entity = (kind: string, metadata: Yaml, spec: Yaml): Yaml => ({ apiVersion: 'backstage.io/v1alpha1', kind, metadata, spec });
/** Groups take no owner of their own, but a system must have one: whoever owns its first context, until somebody says better. */
const ownerOf = (names: ReadonlyMap<string, string>, first: string | undefined): string => `group:${(first === undefined ? undefined : names.get(first)) ?? 'guests'}`;

/** Context → the contexts it needs. */
function neededBy({ contexts, cuts }: Analysis): Map<string, ServiceCandidate[]> {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const needs = new Map<string, Set<ServiceCandidate>>();
  for (const { from, to } of cuts) {
    const context = byName.get(to);
    if (context !== undefined) needs.set(from, (needs.get(from) ?? new Set()).add(context));
  }
  return new Map([...needs].map(([name, its]) => [name, [...its].sort((a, b) => compareText(a.name, b.name))]));
}

const sizeOf = ({ modules, lines, tables, confidence }: ServiceCandidate): string => `${plural(modules.length, 'module')}, ${plural(lines, 'line')}, ${plural(tables.length, 'table')}; confidence ${confidence.toFixed(2)}.`;
/** Letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit. */
const entityName = (name: string): string => name.normalize('NFKD').replace(/[^A-Za-z0-9_.]+/g, '-').slice(0, MOST).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'unnamed';
