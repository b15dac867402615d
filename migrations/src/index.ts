export { verify, type VerifyOptions } from './verify/verify.ts';
export type { RowDifference, RowKey, TableVerdict, Verdict } from './verify/verdict.ts';
