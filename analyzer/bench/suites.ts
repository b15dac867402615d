import { suite as agreement } from './agreement.ts';
import type { Suite } from './suite.ts';

/** Every part of the bench, in the order of the table. */
export const SUITES: readonly Suite[] = [
  agreement,
];
