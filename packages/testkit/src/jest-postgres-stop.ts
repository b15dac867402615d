import { stopShared } from './jest-postgres.ts';

/** jest's globalTeardown. */
export default stopShared;
