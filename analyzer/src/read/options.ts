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
  readonly onProgress?: (progress: ReadProgress) => void;
}
