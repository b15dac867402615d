import { hash } from 'node:crypto';

/**
 * Places a caller on a fixed point of [0, 100): the first 32 bits of a SHA-256, so that raising a percentage only ever adds callers and every
 * process agrees. The salt is the route's id: the callers who go first are not the same for every route.
 */
export function bucketOf(salt: string, caller: string): number {
  return Number.parseInt(hash('sha256', `${salt}\0${caller}`).slice(0, 8), 16) / 2 ** 32 * 100;
}
