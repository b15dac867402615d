import { hash } from 'node:crypto';

/**
 * Places a caller on a fixed point of [0, 100): the first 32 bits of a SHA-256, so that raising a percentage only ever adds callers and every
 * process agrees. The route's id salts it: the callers who go first are not the same for every route.
 */
export function bucketOf(routeId: string, caller: string): number {
  return Number.parseInt(hash('sha256', `${routeId}\0${caller}`).slice(0, 8), 16) / 2 ** 32 * 100;
}
