import { randomUUID } from 'node:crypto';
import { StranglerError } from '@strangler/kernel';
import type { InFlight } from './in-flight.ts';
import { writeSet, type Writer } from './write-set.ts';

export interface FenceRequest {
  readonly tables: readonly string[];
  /** From now; then everything is let go to where it was. */
  readonly deadlineMs: number;
  readonly by: string;
  readonly why: string;
}

export interface FenceView {
  readonly fenceId: string;
  readonly tables: readonly string[];
  readonly routes: readonly string[];
  readonly by: string;
  readonly why: string;
  /** ISO 8601. */
  readonly deadline: string;
  readonly heldRequests: number;
}

export interface Raised {
  readonly fenceId: string;
  readonly routes: readonly string[];
  /** How long the writes under way took to end. */
  readonly inFlightWaitedMs: number;
}

export interface Released {
  readonly fenceId: string;
  readonly routes: readonly string[];
  /** Requests that waited at the fence. */
  readonly heldRequests: number;
  /** From the moment new writes were held to the moment they were let go. */
  readonly pauseMs: number;
}

interface Fence extends FenceRequest {
  readonly id: string;
  readonly routes: readonly string[];
  readonly raisedAt: number;
  readonly endsAt: number;
  readonly expiry: AbortController;
  readonly held: Set<() => void>;
  everHeld: number;
  phase: 'draining' | 'closed' | 'flipping';
  timer: NodeJS.Timeout | undefined;
}

export interface FenceLimits {
  /** Requests that may wait at one fence; the next ones are told to come again. */
  readonly maxHeld: number;
}

/**
 * Holds the writes of a write set for the moment in which their owner changes (transitional architecture: gone when the migration is).
 * A held request waits at its socket, its body unread. Whatever happens, the deadline lets everything go to where it was.
 */
export class Fences {
  readonly #writers: readonly Writer[];
  readonly #inFlight: InFlight;
  readonly #limits: FenceLimits;
  readonly #open = new Map<string, Fence>();
  readonly #ended = new Map<string, 'expired' | 'released' | 'flipped'>();

  constructor(writers: readonly Writer[], inFlight: InFlight, limits: FenceLimits) {
    this.#writers = writers;
    this.#inFlight = inFlight;
    this.#limits = limits;
  }

  /**
   * Holds new writes, then waits until those under way have ended. @throws StranglerError STR_NO_WRITE_SET, STR_FENCE_OVERLAPS, STR_FENCE_EXPIRED
   * when they do not end in time.
   */
  async raise(request: FenceRequest): Promise<Raised> {
    const routes = writeSet(this.#writers, request.tables);
    if (routes.length === 0) throw problem('STR_NO_WRITE_SET', `No route writes ${request.tables.join(', ') || 'no table'}.`, 'Name tables as the routes do in `writes`.');
    const other = [...this.#open.values()].find((fence) => fence.routes.some((id) => routes.includes(id)));
    if (other !== undefined) throw problem('STR_FENCE_OVERLAPS', `Fence ${other.id} (${other.by}: ${other.why}) already holds some of these routes.`, 'Wait for it, or release it: DELETE /api/fences/:id.');
    const fence = this.#begin(request, routes);
    const drained = await this.#inFlight.none(routes, fence.expiry.signal);
    if (!drained || !this.#open.has(fence.id)) throw expired(fence.id, 'Writes were still under way when its deadline passed.');
    fence.phase = 'closed';
    return { fenceId: fence.id, routes, inFlightWaitedMs: performance.now() - fence.raisedAt };
  }

  /** Waits while the route is fenced. False: too many wait already. Synchronous answer `undefined` when there is nothing to wait for. */
  hold(routeId: string, gone: AbortSignal): Promise<boolean> | undefined {
    const fence = this.#open.size === 0 ? undefined : [...this.#open.values()].find(({ routes }) => routes.includes(routeId));
    if (fence === undefined) return undefined;
    if (fence.held.size >= this.#limits.maxHeld) return Promise.resolve(false);
    fence.everHeld += 1;
    return new Promise((resolve) => {
      const go = (): void => {
        fence.held.delete(go);
        gone.removeEventListener('abort', go);
        resolve(true);
      };
      fence.held.add(go);
      gone.addEventListener('abort', go);
    });
  }

  /** Changes the owner while nobody writes, then lets everything go. When `change` fails, all goes to where it was. */
  async flip(fenceId: string, change: (routes: readonly string[]) => Promise<void>): Promise<Released> {
    const fence = this.#find(fenceId);
    if (fence.phase !== 'closed') throw problem('STR_FENCE_NOT_CLOSED', `Fence ${fenceId} is ${fence.phase}.`, 'Flip once it has been raised, and once only.');
    fence.phase = 'flipping';
    try {
      await change(fence.routes);
    } catch (error) {
      this.#end(fence, 'released');
      throw error;
    }
    return this.#end(fence, 'flipped');
  }

  /** Lets everything go to where it was. */
  release(fenceId: string): Released {
    const fence = this.#find(fenceId);
    if (fence.phase === 'flipping') throw problem('STR_FENCE_NOT_CLOSED', `Fence ${fenceId} is flipping.`, 'Wait for the flip to end.');
    return this.#end(fence, 'released');
  }

  list(): FenceView[] {
    return [...this.#open.values()].map(({ id, tables, routes, by, why, endsAt, held }) => ({ fenceId: id, tables, routes, by, why, deadline: new Date(endsAt).toISOString(), heldRequests: held.size }));
  }

  stop(): void { for (const fence of this.#open.values()) this.#end(fence, 'released'); }

  #begin(request: FenceRequest, routes: readonly string[]): Fence {
    const fence: Fence = { ...request, id: randomUUID(), routes, raisedAt: performance.now(), endsAt: Date.now() + request.deadlineMs, expiry: new AbortController(), held: new Set(), everHeld: 0, phase: 'draining', timer: undefined };
    fence.timer = setTimeout(() => { if (fence.phase !== 'flipping') this.#end(fence, 'expired'); }, request.deadlineMs);
    this.#open.set(fence.id, fence);
    return fence;
  }

  #end(fence: Fence, how: 'expired' | 'released' | 'flipped'): Released {
    clearTimeout(fence.timer);
    this.#open.delete(fence.id);
    this.#ended.set(fence.id, how);
    fence.expiry.abort();
    const pauseMs = performance.now() - fence.raisedAt;
    for (const go of [...fence.held]) go();
    return { fenceId: fence.id, routes: fence.routes, heldRequests: fence.everHeld, pauseMs };
  }

  #find(fenceId: string): Fence {
    const fence = this.#open.get(fenceId);
    if (fence !== undefined) return fence;
    const ended = this.#ended.get(fenceId);
    if (ended === 'expired') throw expired(fenceId, 'Its deadline passed; all writes went on to where they were.');
    if (ended !== undefined) throw problem('STR_FENCE_ENDED', `Fence ${fenceId} was ${ended}.`, 'Raise a new one.');
    throw problem('STR_UNKNOWN_FENCE', `There is no fence ${fenceId}.`, 'A fence lives in the proxy\'s memory; after a restart, raise a new one.');
  }
}

const expired = (fenceId: string, why: string): StranglerError => problem('STR_FENCE_EXPIRED', `Fence ${fenceId} has expired: ${why}`, 'Nothing was changed. Try again, with a longer deadline or at a quieter time.');

const problem = (code: `STR_${string}`, message: string, remedy: string): StranglerError => new StranglerError({ code, message, remedy, exitCode: 1 });
