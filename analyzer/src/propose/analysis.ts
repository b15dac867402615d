import type { Evidence, ModulePath } from '../model/evidence.ts';
import type { Module, SystemModel } from '../model/graph.ts';
import type { Layer, Link, Switchable } from '../cluster/link.ts';
import type { ContextPins } from '../cluster/pins.ts';
import type { SharedModule } from '../cluster/set-aside.ts';
import type { Measures } from '../measure/measure.ts';
import type { Quality } from '../measure/quality.ts';
import type { EndpointTrace, TraceStep } from '../measure/traces.ts';

export type { ContextPins, EndpointTrace, Evidence, Layer, Link, Measures, ModulePath, Quality, SharedModule, Switchable, TraceStep };

/** The finished analysis: what was read, what was measured, what is proposed. Reports are functions of it. */
export interface Analysis {
  readonly model: SystemModel;
  readonly measures: Measures;
  readonly contexts: readonly ServiceCandidate[];
  readonly shared: Shared;
  /** Modules that are no part of the program: tests, migrations, generated files, tool configs. */
  readonly other: readonly { readonly path: ModulePath; readonly kind: Module['kind'] }[];
  /** Every endpoint with what it does to the data and the context that will answer it. */
  readonly endpoints: readonly EndpointPlan[];
  readonly tables: readonly TablePlan[];
  readonly cuts: readonly Cut[];
  readonly sagas: readonly Saga[];
  readonly order: readonly ExtractionStep[];
  /** Modules whose place is a decision for people, least certain first. */
  readonly decisions: readonly BoundaryDecision[];
  readonly rivals: readonly Rival[];
  readonly quality: Quality;
  readonly recall: Recall;
  readonly stability: Stability;
  /** Text of a strangler.config.ts that `strangler serve` accepts. */
  readonly draft: string;
  /** Pins that no longer match anything. */
  readonly idlePins: readonly string[];
  readonly options: { readonly without: readonly Switchable[]; readonly seed: number };
}

export interface ServiceCandidate {
  /** Unique, lower case, a service name: `orders`, `order-billing`. */
  readonly name: string;
  /** `library`: it owns no table and answers no endpoint, so there is nothing to route; it leaves with those that need it. */
  readonly role: 'service' | 'library';
  readonly modules: readonly ModulePath[];
  readonly tables: readonly string[];
  /** `GET /orders/:id` */
  readonly endpoints: readonly string[];
  readonly lines: number;
  /** The strongest reasons why its modules belong together. */
  readonly why: readonly Reason[];
  /** Mean of its modules' confidence, 0–1. */
  readonly confidence: number;
  /** The context it leans on most, and how much of its outward evidence points there. */
  readonly runnerUp?: { readonly context: string; readonly share: number };
  readonly members: readonly Membership[];
}

/** How sure we are of one module's place. */
export interface Membership {
  readonly module: ModulePath;
  /** (own − runner-up) ÷ (own + runner-up) of the evidence's weight, 0–1. */
  readonly confidence: number;
  readonly runnerUp?: string;
}

export interface Reason {
  readonly layer: Layer;
  readonly a: string;
  readonly b: string;
  readonly says: string;
  readonly weight: number;
  readonly evidence?: Evidence;
}

export interface Shared {
  readonly modules: readonly ModulePath[];
  readonly why: readonly SharedModule[];
  /** Endpoints that no context answers: they touch no data and lie in shared modules (health checks, metrics). */
  readonly endpoints: readonly string[];
  /** Tables that no code touches and nothing ties to a context. */
  readonly tables: readonly string[];
}

export interface EndpointPlan {
  readonly id: string;
  readonly context: string | undefined;
  readonly trace: EndpointTrace;
}

export interface TablePlan {
  readonly table: string;
  readonly owner: string | undefined;
  /** Contexts (and `shared`) that write and read it, with the number of places. Sorted by name. */
  readonly writers: readonly Use[];
  readonly readers: readonly Use[];
  /** `reference`: one writes, three or more read: replicate. `god`: three or more contexts write: split its columns. */
  readonly role: 'own' | 'reference' | 'god';
  /** For a god entity: columns by the context that writes them. */
  readonly split: readonly { readonly context: string; readonly columns: readonly string[] }[];
}

export interface Use {
  readonly context: string;
  readonly places: number;
}

export type CutKind = 'call' | 'import' | 'type' | 'read' | 'write' | 'join' | 'foreignKey' | 'transaction';
export type RemedyKind = 'api call' | 'event' | 'read model' | 'anti-corruption layer' | 'outbox' | 'saga' | 'column split' | 'published types' | 'drop constraint';

/** One edge that a boundary would break, and what to put in its place. */
export interface Cut {
  readonly kind: CutKind;
  readonly from: string;
  readonly to: string;
  /** `orders/service.ts calls reserve of inventory/stock.ts` */
  readonly what: string;
  /** What stands on the near side: a module; for a foreign key its columns, `shelves.book_id`. With `target` and `kind` it is the cut's identity, whatever the line. */
  readonly source: string;
  /** What it needs on the far side: a function `stock/shelves.ts#reserve`, a module, or tables. */
  readonly target: string;
  readonly evidence: Evidence;
  readonly remedy: { readonly kind: RemedyKind; readonly text: string };
  /** Relative effort; a call is 1. */
  readonly cost: number;
}

/** What replaces one transaction that would span contexts. */
export interface Saga {
  /** The transaction's `file:line`. */
  readonly id: string;
  readonly evidence: Evidence;
  /** Named for the endpoint that runs it, or the function. */
  readonly name: string;
  readonly orchestrator: string;
  /** `outbox`: one context writes, others may follow later. `saga`: several must agree. */
  readonly kind: 'saga' | 'outbox';
  readonly steps: readonly SagaStep[];
}

export interface SagaStep {
  readonly context: string;
  readonly writes: readonly string[];
  readonly does: string;
  /** Undefined after the pivot: such a step is retried until it succeeds. */
  readonly compensation?: string;
}

/** When to take a context out, and why then. Higher scores go first. */
export interface ExtractionStep {
  readonly rank: number;
  readonly context: string;
  readonly score: number;
  readonly value: { readonly total: number; readonly churn: number; readonly contention: number; readonly endpoints: number };
  /** Itemised over the cuts that are still open when its turn comes. */
  readonly cost: { readonly total: number; readonly byKind: Readonly<Partial<Record<CutKind, number>>> };
  readonly risk: 'low' | 'medium' | 'high';
  readonly because: string;
}

export interface BoundaryDecision {
  readonly module: ModulePath;
  readonly context: string;
  readonly runnerUp: string;
  readonly confidence: number;
  /** The evidence on either side. */
  readonly stays: readonly Reason[];
  readonly moves: readonly Reason[];
}

/** Another reading of the same evidence. */
export interface Rival {
  readonly resolution: number;
  readonly contexts: number;
  readonly stability: number;
  /** ARI with the proposal. */
  readonly agreement: number;
  readonly largest: readonly { readonly name: string; readonly modules: number }[];
}

/** What share of what was seen could be resolved: published, so that nobody takes silence for absence. */
export interface Recall {
  readonly imports: Share;
  readonly calls: Share;
  readonly queries: Share;
  readonly endpoints: Share;
  /** Endpoints whose handlers reach at least one table. */
  readonly traced: Share;
}

export interface Share {
  readonly resolved: number;
  readonly total: number;
}

export interface Stability {
  readonly chosen: number;
  readonly resolution: number;
  readonly sweep: readonly { readonly resolution: number; readonly contexts: number; readonly stability: number }[];
}

export interface AnalyzeOptions {
  readonly without?: readonly Switchable[];
  /** Default 1. Another seed perturbs the evidence otherwise; a stable system answers the same. */
  readonly seed?: number;
  /** Ask madge too and list where it disagrees. */
  readonly crossCheck?: boolean;
  readonly pins?: ContextPins;
  /** Called while long work goes on, so that somebody can see it. */
  readonly onProgress?: (progress: AnalyzeProgress) => void;
}

export interface AnalyzeProgress {
  readonly step: 'files' | 'links' | 'history' | 'measure' | 'cluster' | 'propose';
  readonly done: number;
  readonly total: number;
}
