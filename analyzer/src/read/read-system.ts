import { enableCompileCache } from 'node:module';
import type { SystemModel } from '../model/graph.ts';
import type { ReadOptions } from './options.ts';

export type { ReadOptions, ReadProgress } from './options.ts';

/**
 * Reads a project into plain facts: no configuration, none of its code run, none of its packages needed. The same directory gives the same model.
 * @throws StranglerError `STR_NOT_A_PROJECT` when the directory is missing, is a file, or holds no source; `STR_TRAFFIC_NOT_FOUND` and `STR_TRAFFIC_BROKEN` for traces and logs;
 * all else that cannot be read is in `unresolved`.
 */
export const readSystem = async (directory: string, options: ReadOptions): Promise<SystemModel> => {
  // TypeScript's parser is 9 MB of JavaScript: compiling it anew would take as long as reading a small project.
  enableCompileCache();
  const { readProject } = await import('./read-project.ts');
  const model = await readProject(directory, options);
  if (options.traffic === undefined) return model;
  options.onProgress?.({ step: 'traffic', done: 0, total: 1 });
  const { withTraffic } = await import('./traffic/read-traffic.ts');
  return withTraffic(model, options.traffic);
};
