import type { Clock, MigrationConfig } from '@strangler/kernel';
import type { AuditEntry, ProxyState, RouteState, StateStore } from './store.ts';

export type ChangeRequest = Omit<AuditEntry, 'epoch' | 'at'>;

/**
 * The state as requests see it: one immutable value, swapped whole once the store has made its successor durable. Changes queue up behind one
 * another; a request under way ends where it began.
 */
export class LiveState {
  readonly #store: StateStore;
  readonly #clock: Clock;
  #current: ProxyState;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(store: StateStore, clock: Clock, current: ProxyState) {
    this.#store = store;
    this.#clock = clock;
    this.#current = current;
  }

  /** Resumes the durable state; routes it does not know start at the stage the config gives them. */
  static async open(store: StateStore, config: MigrationConfig, clock: Clock): Promise<LiveState> {
    const saved = await store.load();
    const at = new Date(clock.now()).toISOString();
    const known = saved?.routes ?? {};
    const fresh = Object.entries(config.routes).filter(([id]) => !Object.hasOwn(known, id))
      .map(([id, route]): [string, RouteState] => [id, { stage: route.stage, since: at, by: 'strangler.config', why: 'the stage the config starts it at' }]);
    const state: ProxyState = { epoch: saved?.epoch ?? 0, routes: { ...known, ...Object.fromEntries(fresh) } };
    if (saved === undefined || fresh.length > 0) await store.commit(state);
    return new LiveState(store, clock, state);
  }

  get current(): ProxyState { return this.#current; }

  /**
   * Judges and changes in one turn: `propose` sees the state it will change. Resolves once the change is durable and visible.
   * When the store fails, so does this, and everything stays as it was.
   */
  async change(propose: (current: ProxyState) => ChangeRequest): Promise<AuditEntry> {
    const turn = this.#queue.then(async () => this.#apply(propose(this.#current)));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #apply({ changes, ...request }: ChangeRequest): Promise<AuditEntry> {
    const at = new Date(this.#clock.now()).toISOString();
    const moved = changes.map(({ route, to }): [string, RouteState] => [route, { stage: to, since: at, by: request.by, why: request.why }]);
    const next: ProxyState = { epoch: this.#current.epoch + 1, routes: { ...this.#current.routes, ...Object.fromEntries(moved) } };
    const entry: AuditEntry = { epoch: next.epoch, at, ...request, changes };
    await this.#store.commit(next, entry);
    this.#current = next;
    return entry;
  }
}
