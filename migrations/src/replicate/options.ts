import type { Clock, ReplicationConfig } from '@strangler/kernel';
import type { EmbeddedLogOptions } from '../log/embedded-log.ts';
import type { KafkaAccess } from '../log/kafka-client.ts';
import type { ReplicationEvent } from './running.ts';
import type { TableChanges } from './table-copy/change-tables.ts';

/** What `replicate` is told, whichever log it follows. */
export interface ReplicateOptions {
  /** The replication's name in the config; slot, publication, origin and checkpoint are named after it. */
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** Below it every replication has a directory of its own. */
  readonly logDirectory: string;
  /** What to do where no checkpoint exists: copy the rows first (default), or follow from this moment on because both sides are already equal. */
  readonly startFrom?: 'snapshot' | 'now';
  readonly clock?: Clock;
  /** Needed where the mapping's log is on Kafka. */
  readonly kafka?: KafkaAccess;
  readonly log?: Pick<EmbeddedLogOptions, 'segmentBytes' | 'retention' | 'openFile'>;
  /** Tables to take in, out, or to copy once more, while the others go on. Only where the replication has begun already. */
  readonly changes?: TableChanges;
  /** Bounds the first copy, for the sake of the source and the target. */
  readonly snapshot?: SnapshotOptions;
  readonly onEvent?: (event: ReplicationEvent) => void;
}

export interface SnapshotOptions {
  readonly maxRowsPerSecond?: number;
  /** Over the config's `copy.readers`. */
  readonly readers?: number;
  /** What a reader takes at a time, and what may be read twice after an interruption; default 4,096 (32 MiB). */
  readonly partBlocks?: number;
}
