export interface ReadProgress {
  readonly step: 'files' | 'links' | 'history';
  readonly done: number;
  readonly total: number;
}

export interface ReadOptions {
  /** Read git's log for modules that change together. */
  readonly history: boolean;
  /** Compare the import edges with madge's: slow, and only a check. */
  readonly crossCheck?: boolean;
  readonly onProgress?: (progress: ReadProgress) => void;
}
