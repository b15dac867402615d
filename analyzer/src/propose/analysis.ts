import type { Evidence, ModulePath } from '../model/evidence.ts';
import type { Author, Module, SystemModel, Traffic } from '../model/graph.ts';
import type { Kept } from '../model/kept.ts';
import type { Layer, Link, Switchable } from '../cluster/link.ts';
import type { ContextPins } from '../cluster/pins.ts';
import type { SharedModule } from '../cluster/set-aside.ts';
import type { Measures } from '../measure/measure.ts';
import type { Quality } from '../measure/quality.ts';
import type { EndpointTrace, TraceStep } from '../measure/traces.ts';
import type { Reason } from './reasons.ts';
import type { BoundaryDecision, DivisionCost, Flip, Rival, Strain } from './alternatives.ts';

export type * from './alternatives.ts';
export type { Author, ContextPins, EndpointTrace, Evidence, Layer, Link, Measures, ModulePath, Quality, Reason, SharedModule, Switchable, TraceStep, Traffic };

/** The finished analysis: what was read, what was measured, what is proposed. Reports are functions of it. */
export interface Analysis {
  readonly model: SystemModel;
  readonly measures: Measures;
  readonly contexts: readonly ServiceCandidate[];
  readonly shared: Shared;
  /** What to deal with before any cut: technical utilities, reference data, god entities. */
  readonly hubs: readonly HubFinding[];
  /** Modules that are no part of the program: tests, migrations, generated files, tool configs, and what runs in a browser. */
  readonly other: readonly { readonly path: ModulePath; readonly kind: Module['kind'] }[];
  /** Every endpoint with what it does to the data and the context that will answer it. */
  readonly endpoints: readonly EndpointPlan[];
  readonly tables: readonly TablePlan[];
  readonly cuts: readonly Cut[];
  /** The cuts summed up per pair of contexts, costliest first. */
  readonly pairs: readonly ContextPair[];
  readonly sagas: readonly Saga[];
  readonly order: readonly ExtractionStep[];
  /** Modules whose place is a decision for people, least certain first. */
  readonly decisions: readonly BoundaryDecision[];
  readonly rivals: readonly Rival[];
  /** What the proposal itself costs, to be held against its rivals. */
  readonly cost: DivisionCost;
  readonly quality: Quality;
  readonly recall: Recall;
  readonly stability: Stability;
  /** Text of a strangler.config.ts that `strangler serve` accepts. */
  readonly draft: string;
  /** Where the proposal strains a rule that a sound division keeps, with the remedy. */
  readonly strains: readonly Strain[];
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
  /** Who knows this code: authors of its modules by churn, most first; empty without history. */
  readonly authors: readonly Author[];
}

/** How sure we are of one module's place. */
export interface Membership {
  readonly module: ModulePath;
  /** (own − runner-up) ÷ (own + runner-up) of the evidence's weight, 0–1. */
  readonly confidence: number;
  readonly runnerUp?: string;
  /** The least that would send it to the runner-up. */
  readonly flip?: Flip;
}

/** Something many contexts lean on, and what to make of it first. */
export interface HubFinding {
  readonly kind: 'technical utility' | 'reference data' | 'god entity';
  /** A module or a table. */
  readonly subject: string;
  /** The context that owns it; undefined for what is shared. */
  readonly owner?: string;
  readonly remedy: { readonly kind: 'shared library' | 'replicate' | 'column split'; readonly text: string };
  /** Contexts that lean on it, with the number of places; most first. */
  readonly users: readonly Use[];
  /** A few of the places, the first per context. */
  readonly evidence: readonly Evidence[];
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
  /**
   * What making it a saga would cost (Santos & Rito Silva 2020): over its local transactions, how many other distributed endpoints touch the same tables in the opposite mode. 0 when one context serves it.
   */
  readonly complexity: number;
  /** Requests, where traces or logs were given and it was asked for. */
  readonly volume?: Volume;
}

/** How often. */
export interface Volume {
  readonly requests: number;
  /** Of all requests that were matched, 0–1. */
  readonly share: number;
  readonly perDay?: number;
}

export interface TablePlan {
  readonly table: string;
  readonly owner: string | undefined;
  /** Contexts (and `shared`) that write and read it, with the number of places. Sorted by name. */
  readonly writers: readonly Use[];
  readonly readers: readonly Use[];
  /** `reference`: one writes, three or more read: replicate. `god`: three or more contexts write: split its columns. */
  readonly role: 'own' | 'reference' | 'god';
  /** For a god entity: the tables it becomes, the owner's part first. */
  readonly split: readonly SplitPart[];
}

/** One of the tables a god entity is split into. */
export interface SplitPart {
  readonly context: string;
  /** `users` stays with the owner; the others are named for their context: `users_billing`. */
  readonly name: string;
  /** Every column that goes there, sorted. The key is in each part and is not repeated here. */
  readonly columns: readonly string[];
  /** Columns that all parts share; empty when no primary key is known and somebody must name it. */
  readonly key: readonly string[];
  /** Why each column goes there: it writes it, it alone reads it, or nobody was seen to touch it (those stay with the owner). */
  readonly because: readonly { readonly column: string; readonly why: 'written' | 'read only' | 'unclaimed'; readonly evidence?: Evidence }[];
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
  /** The function in which it stands; undefined for imports and foreign keys. */
  readonly within?: string;
  /** Requests that pass this way, where traces or logs were given: those of the endpoints whose calls reach the function. */
  readonly volume?: Volume;
}

/** Everything between one context and another. */
export interface ContextPair {
  readonly from: string;
  readonly to: string;
  readonly cost: number;
  readonly counts: Readonly<Partial<Record<CutKind, number>>>;
  /** What to build, most frequent first. */
  readonly remedies: readonly { readonly kind: RemedyKind; readonly cuts: number }[];
  /** Requests of the endpoints that pass here. */
  readonly volume?: Volume;
}

/** What replaces one transaction that would span contexts. */
export interface Saga {
  /** The transaction's `file:line`. */
  readonly id: string;
  readonly evidence: Evidence;
  /** Named for the endpoint that runs it; for the function when several do, or none. */
  readonly name: string;
  readonly orchestrator: string;
  /** `outbox`: one context writes, others may follow later. `saga`: several must agree. */
  readonly kind: 'saga' | 'outbox';
  readonly steps: readonly SagaStep[];
  /** Endpoints that run it. */
  readonly endpoints: readonly string[];
  /** The highest complexity of an endpoint that runs it; see EndpointPlan. */
  readonly complexity: number;
  readonly volume?: Volume;
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
  /** Shares of the whole in percent. `traffic` is the share of requests where they are known, else of endpoints; `total` is the geometric mean of the three (each + 1, − 1). */
  readonly value: { readonly total: number; readonly churn: number; readonly contention: number; readonly endpoints: number; readonly traffic: number };
  /** Itemised over the cuts that are still open when its turn comes. */
  readonly cost: { readonly total: number; readonly byKind: Readonly<Partial<Record<CutKind, number>>> };
  readonly risk: 'low' | 'medium' | 'high';
  readonly because: string;
  /** What must be done before this context can leave, in order. */
  readonly first: readonly Preparation[];
}

/** One piece of work that has to be done before an extraction. */
export interface Preparation {
  readonly remedy: RemedyKind;
  readonly text: string;
  readonly cost: number;
  /** Cuts that it mends. */
  readonly cuts: number;
  readonly evidence: Evidence;
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
  /** Traces, access logs and HAR files, by path: their volumes weigh the evidence and the order. */
  readonly traffic?: { readonly traces: readonly string[]; readonly accessLogs: readonly string[]; readonly hars: readonly string[] };
  /** URL of the live PostgreSQL database: its catalogue, and nothing else of it, is read. */
  readonly database?: string;
  /** Results of earlier runs; without it everything is done anew. The analysis is the same. */
  readonly kept?: Kept;
  /** Called while long work goes on, so that somebody can see it. */
  readonly onProgress?: (progress: AnalyzeProgress) => void;
}

export interface AnalyzeProgress {
  readonly step: 'files' | 'links' | 'history' | 'traffic' | 'measure' | 'cluster' | 'propose';
  readonly done: number;
  readonly total: number;
}
