import { printStage } from '@strangler/kernel';
import type { AdminClient, ComparisonReport, Status } from '@strangler/proxy';
import { check, insist, until } from './poll.ts';

/** The sample config's routes, as the demo moves them. */
export const READS = ['products.list', 'products.read', 'products.price', 'categories.list', 'categories.products'] as const;
export const WRITES = ['products.create', 'products.change', 'products.retire', 'categories.create'] as const;

/** What was acknowledged, route by route: after every restart the proxy must still be there. */
export class ExpectedStages {
  readonly #stages = new Map<string, string>();

  set(route: string, notation: string): void { this.#stages.set(route, notation); }

  check(status: Status): void {
    for (const [route, expected] of this.#stages) {
      const now = status.routes.find(({ id }) => id === route)?.notation;
      check(now === expected, `${route} was acknowledged at ${expected} and is at ${now ?? 'nowhere'}`);
    }
  }
}

/** Moves all reads to a stage; asked again after a kill, a move that was already durable is simply there. */
export async function moveReads(admin: AdminClient, expected: ExpectedStages, to: string, why: string): Promise<void> {
  for (const route of READS) {
    await insist(async () => {
      const { notation } = await admin.route(route);
      if (notation !== to) await admin.promote(route, { to, by: 'demo', why, execute: true, ...(to.startsWith('canary') ? { stickyBy: 'header:x-client-id' } : {}) });
    });
    expected.set(route, to);
  }
}

/** Waits until every read has the evidence that the config asks for. */
export async function awaitEvidence(admin: AdminClient, progress: (text: string) => void): Promise<readonly ComparisonReport[]> {
  return until('evidence for every read', 120_000, async () => {
    const reports = await insist(() => admin.compare());
    const reads = reports.filter(({ route }) => READS.some((read) => read === route));
    progress(reads.map(({ evidence }) => `${String(evidence.samples)}${evidence.verdict === 'enough' ? ' ✓' : ''}`).join('  '));
    const failed = reads.find(({ evidence }) => evidence.verdict === 'failed');
    check(failed === undefined, `the mended build still differs: ${failed?.route ?? ''} ${JSON.stringify(failed?.tally.paths)}`);
    return reads.every(({ evidence }) => evidence.verdict === 'enough') ? reads : undefined;
  }, 250);
}

/** Whether all write routes are with one owner. */
export async function checkWriters(admin: AdminClient, owner: 'monolith' | 'service'): Promise<void> {
  const status = await insist(() => admin.status());
  for (const id of WRITES) {
    const route = status.routes.find((each) => each.id === id);
    check(route?.stageName === owner, `${id} is at ${route === undefined ? 'nowhere' : printStage(route.stage)}, not with the ${owner}`);
  }
}
