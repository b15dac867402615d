import type { EndpointPattern } from './endpoint.ts';
import type { Setting } from './setting.ts';
import type { Stage, StickyBy } from './stage.ts';
import type { TableMapping } from './table-mapping.ts';

/** What one migrating team writes. Every name below is a term of docs/glossary.md. */
export interface MigrationConfig<ServiceName extends string = string> {
  readonly monolith: MonolithConfig;
  readonly services: Readonly<Record<ServiceName, ServiceConfig>>;
  /** By route id, as people name it: `orders.read`. */
  readonly routes: Readonly<Record<string, RouteConfig<NoInfer<ServiceName>>>>;
  readonly compare: CompareConfig;
  readonly replication?: Readonly<Record<string, ReplicationConfig<NoInfer<ServiceName>>>>;
}

export interface MonolithConfig {
  /** Directory of its source, relative to the config file. */
  readonly source: string;
  readonly url: Setting;
  readonly database: Setting;
}

export interface ServiceConfig {
  /** The bounded context it implements. */
  readonly context: string;
  readonly url: Setting;
  readonly database: Setting;
  readonly owns: {
    /** Globs relative to `monolith.source`. */
    readonly modules: readonly string[];
    readonly tables: readonly string[];
    /** The key by which its rows are divided (a tenant, say): the only `stickyBy` under which a canary of writes keeps one writer per row. */
    readonly dividedBy?: StickyBy;
  };
  /** Its transactional outbox, for `strangler relay`. */
  readonly outbox?: OutboxConfig;
}

/** A table of domain events with the columns of Debezium's event router, and where they go. */
export interface OutboxConfig {
  /** `schema.table`, or `table` in `public`; default: `outbox`. */
  readonly table?: string;
  /** Kafka, RabbitMQ, or only the embedded log, from which `strangler relay --print` reads. */
  readonly to: 'kafka' | 'rabbitmq' | 'log';
  /** Kafka's brokers, separated by commas, or RabbitMQ's URL; default: env KAFKA_BROKERS, AMQP_URL. */
  readonly broker?: Setting;
  /** RabbitMQ: several events of one aggregate may be on their way at once; faster, but a queue that refuses messages may then reorder them. Default: false. */
  readonly pipelined?: boolean;
  /** What happens to an event that the broker refuses for what it is; default: `stop`. `park` puts it and what follows of its aggregate aside. */
  readonly onRefusal?: 'stop' | 'park';
  /** Delivered rows older than this are deleted, by `created_at`; default: none is. */
  readonly keepDays?: number;
}

export interface RouteConfig<ServiceName extends string = string> {
  readonly match: EndpointPattern;
  readonly to: ServiceName;
  /** Where the route starts; from then on the state in `.strangler/` says where it is. */
  readonly stage: Stage;
  /** Tables this endpoint writes; routes that share one flip together. */
  readonly writes?: readonly string[];
  /** On a forwarding failure before the first byte: ask the monolith, or fail. Reads default to 'monolith', writes are always 'fail'. */
  readonly onFailure?: 'monolith' | 'fail';
}

export interface CompareConfig {
  readonly ignore?: readonly ResponsePath[];
  /** Arrays compared as multisets. */
  readonly unordered?: readonly ResponsePath[];
  /** Largest absolute difference of two numbers that still counts as equal, in the value's own unit. */
  readonly tolerance?: Readonly<Partial<Record<ResponsePath, number>>>;
  readonly promoteWhen: Evidence;
}

/** The evidence a route needs before it may be promoted. */
export interface Evidence {
  readonly minSamples: number;
  /** 0 to 1. */
  readonly maxMismatchRate: number;
  /** Candidate's median latency over the control's. */
  readonly maxLatencyRatio: number;
  /** Share of pairs, 0 to 1, that may agree only when asked again a moment later: replication lag explains few, more may be a candidate that is wrong now and then. Default 0.02. */
  readonly maxSettledRate?: number;
}

/** The status, a header, or a JSON Pointer into the body in which `*` stands for any array index or key: `body:/items/*` and so on. */
export type ResponsePath = 'status' | `header:${string}` | `body:/${string}`;

export interface ReplicationConfig<ServiceName extends string = string> {
  readonly from: 'monolith' | ServiceName;
  readonly to: 'monolith' | ServiceName;
  /** By source table, `schema.table` or `table` in `public`. */
  readonly tables: Readonly<Record<string, TableMapping>>;
  /** How much history the change log of files keeps for replays: what is older or beyond the size goes, once it is applied. Default: everything, for ever. */
  readonly retention?: { readonly days?: number; readonly megabytes?: number };
  /**
   * How the first copy is read, and what it leaves to others. `readers`: connections that read it at once, default 2. `pauseAbove`: more than so much in the log that is not applied (default 256 MB)
   * makes it wait; more WAL than that kept at the source (default: half of what the server keeps at most, `max_slot_wal_keep_size`) makes it give its snapshot back, and what is left is
   * copied in pieces while changes flow. Tables that join later wait for both.
   */
  readonly copy?: { readonly readers?: number; readonly pauseAbove?: { readonly lagMegabytes?: number; readonly walMegabytes?: number } };
  /** Where changes wait between source and target: files of our own (default), or Kafka, written by Debezium (`strangler connect`). */
  readonly log?: 'embedded' | 'kafka';
  /**
   * With Kafka: whole source transactions in commit order by one sink (default), or the partitions of each topic by any number of sinks at once. The second is in
   * order per key only: between two rows, and between tables, a reader of the target may meet half a transaction.
   */
  readonly reading?: 'transactions' | 'keys';
  /** A change the target refuses: stop there (default), or park its transaction, and later ones of the same rows, as dead letters while everything else goes on. */
  readonly onRefusal?: 'stop' | 'park';
  /** Beyond so many dead letters it stops after all; default 10,000 transactions, 256 megabytes. */
  readonly parkAtMost?: { readonly transactions?: number; readonly megabytes?: number };
}

/** Gives the config file its types: a route to an undeclared service does not compile. */
export const defineMigration = <const ServiceName extends string>(config: MigrationConfig<ServiceName>): MigrationConfig<ServiceName> => config;
