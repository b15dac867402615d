import type { Held } from '../hold/hold.ts';
import type { Analysis, EndpointPlan } from '../propose/analysis.ts';
import type { AnalysisDocument } from './document-schema.ts';

/** The analysis as plain, printable data: the one shape that JSON and the HTML page share. */
export function printAnalysis(analysis: Analysis): AnalysisDocument {
  const { contexts, cost, cuts, decisions, hubs, measures, model, options, order, other, pairs, quality, recall, rivals, sagas, shared, stability, strains } = analysis;
  return mutable({
    schemaVersion: 1,
    system: model.name,
    options,
    contexts,
    shared, hubs,
    other,
    endpoints: analysis.endpoints.map((plan) => printEndpoint(plan, analysis)),
    tables: printTables(analysis),
    views: model.views, triggers: model.triggers,
    cuts, pairs, sagas, order, decisions, rivals, cost, strains,
    history: model.history, traffic: model.traffic ?? null,
    cycles: measures.cycles,
    quality: rounded(quality),
    stability, recall,
    unresolved: model.unresolved,
    crossCheck: model.crossCheck,
    idlePins: analysis.idlePins,
  });
}

export const printHeld = ({ crossings, gone, placed, renamed, newGaps }: Held): AnalysisDocument['held'] => ({
  crossings: crossings.map(({ identity, state, places, cut: { kind, from, to, what, evidence, remedy } }) => ({ identity, state, places, kind, from, to, what, evidence, remedy })),
  gone: [...gone], placed: [...placed], renamed: [...renamed], newGaps: [...newGaps],
});

function printEndpoint({ id, context, complexity, volume, trace: { endpoint, steps } }: EndpointPlan, { tables }: Analysis): unknown {
  const owner = new Map(tables.map(({ table, owner: its }) => [table, its]));
  return {
    id, framework: endpoint.framework, module: endpoint.module, context: context ?? null, evidence: endpoint.evidence,
    complexity, ...(volume === undefined ? {} : { volume }),
    sequence: steps.map(({ table, mode, transaction, evidence }) => ({ table, mode, owner: owner.get(table) ?? null, ...(transaction === undefined ? {} : { transaction }), evidence })),
  };
}

function printTables({ tables, model }: Analysis): unknown[] {
  const facts = new Map(model.tables.map((fact) => [fact.name, fact]));
  return tables.map(({ table, owner, role, writers, readers, split }) => ({
    name: table, owner: owner ?? null, declared: facts.get(table)?.declared ?? false, columns: facts.get(table)?.columns ?? [], rows: facts.get(table)?.rows ?? null, role, writers, readers, split,
  }));
}

/** The schema test holds this promise: what is printed satisfies `documentSchema`. */
const mutable = (printed: Readonly<Record<string, unknown>>): AnalysisDocument => printed as AnalysisDocument;
const rounded = (quality: Analysis['quality']): Record<string, number> => Object.fromEntries(Object.entries(quality).map(([name, value]: [string, number]) => [name, Math.round(value * 10_000) / 10_000]));
