import type { Finding } from '@strangler/kernel';
import type { RouteStatus } from '@strangler/proxy';

/**
 * Reads that the service's new writers would meet at the old owner: what they have just written is not there until replication has brought it. Every problem in the
 * order of the routes; none where all reads are at the owner to be.
 */
export function readsBehind(routes: readonly Pick<RouteStatus, 'id' | 'to' | 'write' | 'stageName' | 'notation'>[], service: string): Finding[] {
  const behind = routes.filter(({ to, write, stageName }) => to === service && !write && stageName !== 'service' && stageName !== 'retired');
  if (behind.length === 0) return [];
  return [{
    code: 'STR_READS_BEHIND', severity: 'warning', where: behind.map(({ id, notation }) => `${id} (${notation})`).join(', '),
    message: `The monolith still answers these reads of ${service}: after the flip a caller may not find there what he has just written, until the replication back has brought it.`,
    remedy: 'Promote them to service first, unless your callers can wait.',
  }];
}
