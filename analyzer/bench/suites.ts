import { suite as ablation } from './ablation.ts';
import { suite as agreement } from './agreement.ts';
import { suite as calls } from './calls.ts';
import { suite as endpoints } from './endpoints.ts';
import { suite as queries } from './queries.ts';
import { suite as papers } from './papers/suite.ts';
import { suite as reports } from './reports.ts';
import { suite as speed } from './speed.ts';
import { suite as stability } from './stability.ts';
import type { Suite } from './suite.ts';

/** Every part of the bench, in the order of the table. */
export const SUITES: readonly Suite[] = [
  agreement,
  stability,
  ablation,
  endpoints,
  calls,
  queries,
  papers,
  reports,
  speed,
];
