import type { Kept } from '../model/kept.ts';
import type { Disk } from './source/disk.ts';
import type { TrafficFiles } from './traffic/read-traffic.ts';

export interface ReadProgress {
  readonly step: 'files' | 'links' | 'history' | 'traffic';
  readonly done: number;
  readonly total: number;
}

export interface ReadOptions {
  /** Read git's log for modules that change together. */
  readonly history: boolean;
  /** Compare the import edges with madge's: slow, and only a check. */
  readonly crossCheck?: boolean;
  /** Traces and logs to lay over the endpoints. */
  readonly traffic?: TrafficFiles;
  /** URL of the live PostgreSQL database: its catalogue completes what the source says of the schema. Read only. */
  readonly database?: string;
  /** Results of earlier runs. */
  readonly kept?: Kept;
  /** Through which all is read, for whom wants to know afterwards what was asked. */
  readonly disk?: Disk;
  readonly onProgress?: (progress: ReadProgress) => void;
}
