import { divideHalfUp } from '../lib/helpers.ts';

/** Written for the first invoice mail, which is why it lives here; checkout has used it ever since. */
export const TAX_PERCENT = 20;

/** Tax on a net amount, half-up to the whole cent. */
export function taxOn(netCents: number): number {
  return divideHalfUp(netCents * TAX_PERCENT, 100);
}
