import { compareText, type Evidence } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { SharedModule } from '../cluster/set-aside.ts';
import type { HubFinding, TablePlan, Use } from './analysis.ts';
import type { Territory } from './territory.ts';

/** Places shown per finding. */
const SHOWN = 6;

interface Place {
  readonly context: string;
  readonly evidence: Evidence;
}

/** What to deal with before any cut, in that order: god entities, reference data, technical utilities; each kind by the number of contexts that lean on it. */
export function findHubs(model: SystemModel, shared: readonly SharedModule[], tables: readonly TablePlan[], where: Territory): HubFinding[] {
  const utilities = new Set(shared.filter(({ reason }) => reason === 'utility').map(({ module }) => module));
  const importers = placesBy(model.imports.filter(({ to, test }) => !test && utilities.has(to)), ({ to }) => to, ({ from }) => where.ofModule(from));
  const hubs = tables.filter(({ role }) => role !== 'own');
  const wanted = new Set(hubs.map(({ table }) => table));
  const accesses = placesBy(model.accesses.filter(({ table }) => wanted.has(table)), ({ table, mode }) => `${mode} ${table}`, ({ at }) => where.ofModule(at.module));
  return [
    ...ranked(hubs.filter(({ role }) => role === 'god').map((plan) => godEntity(plan, accesses.get(`write ${plan.table}`) ?? []))),
    ...ranked(hubs.filter(({ role }) => role === 'reference').map((plan) => referenceData(plan, accesses.get(`read ${plan.table}`) ?? []))),
    ...ranked([...utilities].map((module) => utility(module, importers.get(module) ?? []))),
  ];
}

function godEntity({ table, owner, writers, split }: TablePlan, places: readonly Place[]): HubFinding {
  const parts = split.map(({ context, name, columns }) => `${context} ${name === table ? 'keeps' : 'takes'} ${name} (${columns.join(', ')})`);
  const whole = `its queries do not say who writes which column: leave it whole with ${String(owner)}, and let the others send commands`;
  const text = owner === undefined ? `Give ${table} an owner first: no context holds it.` : `Split ${table}: ${split.length > 1 ? `${parts.join('; ')}; all share ${keyText(split)}` : whole}.`;
  return { kind: 'god entity', subject: table, ...(owner === undefined ? {} : { owner }), remedy: { kind: 'column split', text }, ...usersOf(places), users: byPlaces(writers) };
}

const keyText = ([first]: TablePlan['split']): string => (first === undefined || first.key.length === 0 ? 'its key' : first.key.join(', '));

function referenceData({ table, owner, readers }: TablePlan, places: readonly Place[]): HubFinding {
  const others = readers.filter(({ context }) => context !== owner).map(({ context }) => context);
  return {
    kind: 'reference data', subject: table, ...(owner === undefined ? {} : { owner }), ...usersOf(places), users: byPlaces(readers),
    remedy: { kind: 'replicate', text: `${owner ?? 'Nobody'} writes ${table}; replicate it to ${others.join(', ')} as a read model.` },
  };
}

const utility = (module: string, places: readonly Place[]): HubFinding => {
  const found = usersOf(places);
  return { kind: 'technical utility', subject: module, ...found, remedy: { kind: 'shared library', text: `Move ${module} into a library that every service links: ${String(found.users.length)} contexts use it, and it holds no data.` } };
};

function placesBy<T extends { readonly evidence: Evidence }>(edges: readonly T[], keyOf: (edge: T) => string, contextOf: (edge: T) => string | undefined): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  for (const edge of edges) {
    const context = contextOf(edge);
    if (context === undefined) continue;
    const list = found.get(keyOf(edge));
    if (list === undefined) found.set(keyOf(edge), [{ context, evidence: edge.evidence }]);
    else list.push({ context, evidence: edge.evidence });
  }
  return found;
}

/** Contexts by number of places, and the first place of each. */
function usersOf(places: readonly Place[]): Pick<HubFinding, 'users' | 'evidence'> {
  const counts = new Map<string, number>();
  const first = new Map<string, Evidence>();
  for (const { context, evidence } of places) {
    counts.set(context, (counts.get(context) ?? 0) + 1);
    if (!first.has(context)) first.set(context, evidence);
  }
  const users = byPlaces([...counts].map(([context, count]) => ({ context, places: count })));
  return { users, evidence: users.flatMap(({ context }) => first.get(context) ?? []).slice(0, SHOWN) };
}

const byPlaces = (uses: readonly Use[]): Use[] => [...uses].sort((a, b) => b.places - a.places || compareText(a.context, b.context));
const ranked = (findings: readonly HubFinding[]): HubFinding[] => [...findings].sort((a, b) => b.users.length - a.users.length || compareText(a.subject, b.subject));
