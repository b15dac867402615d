import type { Evidence, ModulePath } from './evidence.ts';

/** What the readers found in one system: plain, immutable, sorted. Measures, clustering and reports are functions of it; none re-reads source. */
export interface SystemModel {
  /** The analyzed directory's last name, or its package's where that says nothing (`src`); never a path of somebody's machine. */
  readonly name: string;
  readonly modules: readonly Module[];
  readonly imports: readonly ImportEdge[];
  readonly calls: readonly CallEdge[];
  readonly endpoints: readonly EndpointFact[];
  readonly tables: readonly TableFact[];
  readonly accesses: readonly TableAccess[];
  readonly transactions: readonly TransactionScope[];
  readonly foreignKeys: readonly ForeignKey[];
  /** By name. A read of a view is a read of its tables: those accesses say `through`. */
  readonly views: readonly ViewFact[];
  /** By table and name. A write to a table with a trigger touches what the trigger touches: those accesses say `through`. */
  readonly triggers: readonly TriggerFact[];
  /** Empty without git or with `--without history`. */
  readonly coChanges: readonly CoChange[];
  /** How often and by whom each module was changed, sorted by module. Empty without git or with `--without history`. */
  readonly history: readonly ModuleHistory[];
  /** How often what was asked for. Absent unless traces or logs were given. */
  readonly traffic?: Traffic;
  /** What was seen and could not be resolved: listed, counted, never skipped silently. */
  readonly unresolved: readonly Unresolved[];
  /** Where madge and our reader disagree about an import edge. */
  readonly crossCheck: readonly Disagreement[];
}

export interface Module {
  readonly path: ModulePath;
  readonly lines: number;
  /** `declaration`: a .d.ts or a file of types only. `browser`: runs in a page, a client of what is divided. `generated` and `migration` modules are analysed, not clustered. */
  readonly kind: 'source' | 'test' | 'declaration' | 'migration' | 'config' | 'generated' | 'browser';
  /** Identifiers it declares (exported first), for names as evidence. Sorted, distinct. */
  readonly symbols: readonly string[];
}

export interface ImportEdge {
  readonly from: ModulePath;
  /** The module that *declares* the symbols: barrels and re-exports are seen through. */
  readonly to: ModulePath;
  /** `type`: erased at run time. `dynamic`: import() or a require inside a function. */
  readonly kind: 'value' | 'type' | 'dynamic';
  /** The importer is a test. */
  readonly test: boolean;
  /** Imported names; `*` for a namespace, `default`, empty for a side effect. Sorted. */
  readonly symbols: readonly string[];
  /** The barrels passed on the way, nearest first. */
  readonly through: readonly ModulePath[];
  readonly evidence: Evidence;
}

/** A function, method or the module's top level: `name` is `placeOrder`, `OrderService.place`, or `(top)`. */
export interface FunctionRef {
  readonly module: ModulePath;
  readonly name: string;
}

export interface CallEdge {
  readonly from: FunctionRef;
  readonly to: FunctionRef;
  /**
   * `inject`: through a constructor-injected dependency. `pass`: handed over as a callback (a route handler, a subscriber).
   * `event`: raises, publishes or queues what the other listens to under the same name.
   */
  readonly kind: 'call' | 'construct' | 'inject' | 'pass' | 'event';
  readonly evidence: Evidence;
}

export interface EndpointFact {
  /** `GET`, … or `ANY` for `all()` and mounted handlers of every method. GraphQL: `QUERY`, `MUTATION`, `SUBSCRIPTION`. Others: `JOB`, `EVENT`. */
  readonly method: string;
  /** Full path with every mount prefix, `:params` as written: `/api/orders/:id`. For GraphQL the field, for jobs and events their name. */
  readonly path: string;
  /** The module in which it is registered. */
  readonly module: ModulePath;
  /** Handlers and middleware in order, as far as resolved; the last one answers. */
  readonly handlers: readonly FunctionRef[];
  readonly framework: 'express' | 'nest' | 'koa' | 'fastify' | 'hono' | 'hapi' | 'files' | 'graphql' | 'schedule' | 'event';
  readonly evidence: Evidence;
}

export interface TableFact {
  /** As in the database: `orders`, or `billing.invoices` outside the default schema. Lower case unless quoted. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly triggers: readonly string[];
  /** Where it is created, or first used when no migration or entity declares it. */
  readonly evidence: Evidence;
  readonly declared: boolean;
  /** About how many, as a live database's statistics say. */
  readonly rows?: number;
}

export interface ViewFact {
  readonly name: string;
  /** The tables it is made of, through other views. Sorted; empty when its query could not be read. */
  readonly reads: readonly string[];
  readonly evidence: Evidence;
}

export interface TriggerFact {
  readonly name: string;
  readonly table: string;
  /** Tables its function or body touches beside its own, as far as they are the schema's. Sorted. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  readonly evidence: Evidence;
}

export interface TableAccess {
  readonly table: string;
  readonly mode: 'read' | 'write';
  readonly at: FunctionRef;
  /** Columns named, where known; empty when all or unknown. Sorted. */
  readonly columns: readonly string[];
  readonly via: 'knex' | 'sql' | 'prisma' | 'typeorm' | 'sequelize' | 'mongoose' | 'objection' | 'bookshelf';
  /** Id of the enclosing transaction scope. */
  readonly transaction?: string;
  /** Named by a part of a statement that is put together elsewhere: an access, but no query that was resolved. */
  readonly fragment?: true;
  /** The view that was read, or the trigger that was fired: the code itself does not name the table. */
  readonly through?: string;
  /** Tables joined in the same query, sorted: the joins a cut would break. */
  readonly joined: readonly string[];
  readonly evidence: Evidence;
}

export interface TransactionScope {
  /** `file:line`, unique. */
  readonly id: string;
  readonly at: FunctionRef;
  readonly evidence: Evidence;
}

export interface ForeignKey {
  readonly from: { readonly table: string; readonly columns: readonly string[] };
  readonly to: { readonly table: string; readonly columns: readonly string[] };
  readonly onDelete?: string;
  readonly evidence: Evidence;
}

export interface CoChange {
  readonly a: ModulePath;
  readonly b: ModulePath;
  /** Commits that touched both, decayed by age; commits of more than 30 files are left out. */
  readonly weight: number;
  readonly commits: number;
}

/** One module's past, as git tells it; a renamed file keeps its past. */
export interface ModuleHistory {
  readonly module: ModulePath;
  readonly commits: number;
  /** Commits decayed by age: one as old as the newest counts 1, a year older ½. */
  readonly churn: number;
  /** Most first. */
  readonly authors: readonly Author[];
}

/** Somebody who changed the code, by name as `.mailmap` says it. Never an e-mail address. */
export interface Author {
  readonly name: string;
  readonly commits: number;
  /** Of the churn, 0–1. */
  readonly share: number;
}

/** Call volumes from traces and logs, matched to the endpoints of the source. */
export interface Traffic {
  readonly sources: readonly TrafficSource[];
  /** Endpoints that were asked for at least once, busiest first. */
  readonly endpoints: readonly EndpointVolume[];
  /** Tables that spans with a statement touched, under the request that ran them. */
  readonly accesses: readonly ObservedAccess[];
  /** Requests that no endpoint of the source answers, most frequent first; ids in the path as `:id`. */
  readonly unmatched: readonly UnmatchedRequests[];
}

export interface TrafficSource {
  /** As it was named, without its folder. */
  readonly file: string;
  readonly kind: 'traces' | 'access log' | 'har';
  /** Requests that were served: log lines, entries, or server spans. */
  readonly requests: number;
  readonly matched: number;
  /** Lines or records that could not be read. */
  readonly bad: number;
  /** From the first request to the last; 0 when there is only one, or no time. */
  readonly seconds: number;
}

export interface EndpointVolume {
  /** `GET /orders/:id` */
  readonly endpoint: string;
  readonly requests: number;
  /** Of all matched requests, 0–1. */
  readonly share: number;
  /** At the pace of the time that the sources cover; absent below a minute, which says nothing of a day. */
  readonly perDay?: number;
}

export interface ObservedAccess {
  readonly endpoint: string;
  readonly table: string;
  readonly mode: 'read' | 'write';
  readonly times: number;
}

export interface UnmatchedRequests {
  readonly method: string;
  readonly path: string;
  readonly requests: number;
}

export interface Unresolved {
  readonly kind: 'import' | 'call' | 'query' | 'endpoint' | 'file' | 'schema' | 'traffic';
  /** The expression as it stands in the source, shortened. */
  readonly what: string;
  readonly why: string;
  readonly evidence: Evidence;
}

export interface Disagreement {
  readonly from: ModulePath;
  readonly to: ModulePath;
  readonly seenBy: 'madge' | 'strangler';
  /** Why, when it is known: `type-only`, `through a barrel`, … */
  readonly because: string;
}
