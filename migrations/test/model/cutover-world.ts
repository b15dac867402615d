import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StranglerError, type Clock, type ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { LSN_ZERO } from '../../src/capture/lsn.ts';
import { conduct } from '../../src/cutover/cutover.ts';
import { FENCED_SQLSTATE, fencedTables, removeFence } from '../../src/cutover/fence.ts';
import { fileJournal, type CutoverJournal } from '../../src/cutover/journal.ts';
import { postgresOwners, type Owners } from '../../src/cutover/owners.ts';
import { planCutover } from '../../src/cutover/plan.ts';
import type { Gate } from '../../src/cutover/ports.ts';
import { mover, MOVES, SIDES, summary, type CutoverState, type OfSides, type Side } from './cutover-state.ts';
import { Stepped } from './stepped.ts';
import type { Driver } from './walk.ts';

/** One safeguard left out, as in the model's mutants: the walks must notice. */
export type CutoverMutant = 'no-epoch' | 'silence-is-refusal' | 'undone-after-the-flip';

const OWNER = { A: 'monolith', B: 'library' } as const;
const MAPPING: ReplicationConfig = { from: OWNER.A, to: OWNER.B, tables: { books: { key: ['id'] } } };
/** What callers write flows out; what replication writes does not (its trigger fires for callers alone). */
export const SHELF = `CREATE TABLE books (id int PRIMARY KEY); CREATE TABLE outflow (n bigserial, id int);
  CREATE FUNCTION flow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO outflow (id) VALUES (NEW.id); RETURN NULL; END';
  CREATE TRIGGER flow AFTER INSERT ON books FOR EACH ROW EXECUTE FUNCTION flow()`;
const SAME_EPOCH = `CREATE FUNCTION strangler.same_epoch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
  CREATE TRIGGER same_epoch BEFORE UPDATE ON strangler.cutover_epoch FOR EACH ROW EXECUTE FUNCTION strangler.same_epoch()`;
const LOCKS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
const MAY_DO_NOTHING = 'its turn was taken from it';

/** Time stands still, and nobody waits between two attempts; `expire` lets the deadline of what is under way pass. */
class Standstill implements Clock {
  private readonly sleepers = new Set<() => void>();

  now(): number {
    return 0;
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.sleepers.add(resolve);
      signal.addEventListener('abort', () => { this.sleepers.delete(resolve); reject(new Error('no longer wanted')); }, { once: true });
    });
  }

  expire(): void {
    for (const wake of this.sleepers) wake();
  }
}

interface Process {
  readonly steps: Stepped;
  readonly owners: Owners;
  readonly clock: Standstill;
  /** Set while the gate has not yet answered its hold. */
  answer?: () => void;
}

/** Both databases, their fences and epochs, the journal's file and the processes' code are real; the proxy, callers and the wire between the databases are played. */
export class CutoverWorld implements Driver<CutoverState> {
  private readonly clients: OfSides<pg.Client>;
  private readonly urls: OfSides<string>;
  private readonly directory: string;
  private readonly mutant: CutoverMutant | undefined;
  private readonly processes = new Map<string, Process>();
  private readonly slots = new Set<Side>(['A']);
  private gate: { owner: Side; hold: string | undefined } = { owner: 'A', hold: undefined };
  private holds = 0;
  /** What becomes of the next flip; undefined: it is answered. */
  private silence: 'flipped' | 'not flipped' | undefined;

  private constructor(clients: OfSides<pg.Client>, urls: OfSides<string>, directory: string, mutant: CutoverMutant | undefined) {
    this.clients = clients;
    this.urls = urls;
    this.directory = directory;
    this.mutant = mutant;
  }

  static async open(clients: OfSides<pg.Client>, urls: OfSides<string>, mutant?: CutoverMutant): Promise<CutoverWorld> {
    for (const client of Object.values(clients)) {
      await client.query('DROP SCHEMA IF EXISTS strangler CASCADE');
      await removeFence(client, ['books']);
      await client.query('TRUNCATE books, outflow');
      if (mutant === 'no-epoch') await client.query(`CREATE SCHEMA strangler; CREATE TABLE strangler.cutover_epoch (name text PRIMARY KEY, epoch bigint NOT NULL); ${SAME_EPOCH}`);
    }
    return new CutoverWorld(clients, urls, await mkdtemp(join(tmpdir(), 'strangler-walk-')), mutant);
  }

  private readonly actions: Readonly<Record<string, (from: CutoverState, to: CutoverState) => Promise<unknown> | undefined>> = {
    Arrive: () => undefined, // it is held, or on its way: nothing is done yet
    Execute: (from, to) => this.execute(from, to),
    Cron: (from, to) => this.execute(from, to),
    Replicate: (from, to) => this.replicate(SIDES.find((side) => to.flow[side].length < from.flow[side].length) ?? 'A'),
    Expire: () => { this.gate.hold = undefined; return undefined; },
    ProxyDies: () => { this.gate.hold = undefined; return undefined; },
    Start: (from, to) => this.start(mover(from, to), to, ['open', 'fenced'], 'fence new'),
    Recover: (from, to) => from.journal.state === 'committing' ? this.start(mover(from, to), to, ['open'], 'fence old') : this.start(mover(from, to), to, ['open', 'claim'], 'fence new'),
    Move: (from, to) => this.move(mover(from, to), to),
    Prepare: (from, to) => this.pass(mover(from, to), 'prepare', 'hold'),
    Hold: (from, to) => this.pass(mover(from, to), 'hold', 'closed'),
    Closed: (from, to) => this.closed(mover(from, to)),
    Drain: (from, to) => this.pass(mover(from, to), 'caughtUp', 'lift new'),
    Committing: (from, to) => this.until(mover(from, to), to, ['claim', 'append committing'], 'flip'),
    Flip: (from, to) => this.pass(mover(from, to), 'flip', 'release'),
    FlipUnanswered: (from, to) => { this.silence = from.gate.owner === to.gate.owner ? 'not flipped' : 'flipped'; return this.pass(mover(from, to), 'flip', 'flip'); },
    FlipRefused: (from, to) => this.flipRefused(mover(from, to), to),
    Close: (from, to) => this.end(mover(from, to)),
    Fails: (from, to) => this.fails(mover(from, to)),
    Undo: (from, to) => this.until(mover(from, to), to, ['claim'], 'fence new'),
    Release: (from, to) => this.release(mover(from, to), to),
    Dies: (from, to) => this.kill(mover(from, to)),
    LosesLock: () => this.losesLock(),
  };

  async step(from: CutoverState, action: string, to: CutoverState): Promise<void> {
    const act = this.actions[action];
    if (act === undefined) throw new Error(`no such action: ${action}`);
    await act(from, to);
    for (const [name, { pc }] of Object.entries(to.proc)) if (pc === 'idle' && this.processes.has(name)) throw new Error(`${name} goes on, at '${String(await this.processOf(name).steps.at())}'`);
  }

  // Callers

  /** Where the row appears, or would have: in the model a write knows its side. */
  private async execute(from: CutoverState, to: CutoverState): Promise<void> {
    const index = to.write.findIndex((now, each) => now !== from.write[each]);
    const side = SIDES.find((each) => to.data[each].length > from.data[each].length) ?? (from.write[index]?.endsWith('A') === true ? 'A' : 'B');
    const refused = await this.clients[side].query('INSERT INTO books VALUES ($1)', [index + 1]).then(() => false, (error: unknown) => {
      if ((error as { code?: string }).code !== FENCED_SQLSTATE) throw error;
      return true;
    });
    if (refused !== (to.write[index] === 'refused')) throw new Error(`write ${String(index + 1)} was ${refused ? 'refused' : 'taken'} on ${side}; in the model it is ${String(to.write[index])}`);
  }

  private async replicate(from: Side): Promise<void> {
    const { rows: [first] } = await this.clients[from].query<{ id: number }>('DELETE FROM outflow WHERE n = (SELECT min(n) FROM outflow) RETURNING id');
    await this.clients[from === 'A' ? 'B' : 'A'].query(`BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO books VALUES (${String(first?.id)}); COMMIT`);
  }

  // The proxy

  private gateOf(process: () => Process): Gate {
    return {
      hold: async () => {
        this.holds += 1;
        const id = `hold ${String(this.holds)}`;
        this.gate.hold = id;
        const late = new Promise<void>((resolve) => { process().answer = resolve; });
        const inTime = process().steps.turn('closed');
        inTime.catch(() => undefined);
        await Promise.race([inTime.catch(() => late), late]);
        return { id, inFlightWaitedMs: 0 };
      },
      flip: (id, to) => {
        const { silence } = this;
        this.silence = undefined;
        if (silence !== 'not flipped' && (this.gate.hold === undefined || this.gate.hold !== id)) return Promise.reject(new StranglerError({ code: 'STR_HOLD_EXPIRED', message: 'the hold is gone', remedy: 'hold again' }));
        if (silence !== 'not flipped') this.gate = { owner: to === OWNER.A ? 'A' : 'B', hold: undefined };
        if (silence === undefined) return Promise.resolve({ heldRequests: 0, pauseMs: 0 });
        return Promise.reject(this.mutant === 'silence-is-refusal' ? new StranglerError({ code: 'STR_HOLD_EXPIRED', message: 'no answer', remedy: 'none' }) : new Error('socket hang up'));
      },
      release: (id) => {
        if (this.gate.hold === id) this.gate.hold = undefined;
        return Promise.resolve();
      },
    };
  }

  // The processes

  private processOf(name: string): Process {
    const process = this.processes.get(name);
    if (process === undefined) throw new Error(`process ${name} has ended`);
    return process;
  }

  private start(name: string, { proc, journal }: CutoverState, calls: readonly string[], next: string): Promise<void> {
    const to = proc[name]?.new ?? journal.new;
    const plan = planCutover({ name: 'books', direction: to === 'B' ? 'forward' : 'back', tables: ['books'], mapping: MAPPING, deadlineMs: 60_000 });
    const clock = new Standstill();
    const owners = postgresOwners({ plan, mapping: MAPPING, sourceUrl: this.urls.A, targetUrl: this.urls.B, sequenceGap: 1, clock });
    const steps = new Stepped();
    const process: Process = { steps, owners, clock };
    let rehearsed = calls.includes('claim') || next === 'fence old'; // only a new run rehearses its drain
    const ports = steps.ports({
      gate: this.gateOf(() => process),
      drain: { marker: () => Promise.resolve(LSN_ZERO), caughtUp: () => Promise.resolve() },
      reverse: { prepare: () => this.prepare(to), start: () => Promise.resolve() },
    });
    const drain = { ...ports.drain, caughtUp: (lsn: typeof LSN_ZERO, deadlineMs: number) => { if (rehearsed) return ports.drain.caughtUp(lsn, deadlineMs); rehearsed = true; return Promise.resolve(); } };
    this.processes.set(name, process);
    steps.begin(() => conduct(plan, { ports: { ...ports, drain }, by: 'ada', why: 'the model does', clock, precheck: 'skip' }, steps.owners(owners), steps.journal(this.journal())));
    return this.through(name, calls, next);
  }

  private journal(): CutoverJournal {
    const file = fileJournal(this.directory, 'books');
    if (this.mutant !== 'undone-after-the-flip') return file;
    return { append: (entry, options) => file.append(entry, options), entries: async () => (await file.entries()).filter(({ event }) => event !== 'committing') };
  }

  private async prepare(side: Side): Promise<void> {
    if (!this.slots.has(side)) await this.clients[side].query('TRUNCATE outflow'); // from here on nothing is missed, and nothing before is sent
    this.slots.add(side);
  }

  /** Makes the calls, one after the other, and must then wait at `next`. */
  private async through(name: string, calls: readonly string[], next: string): Promise<void> {
    const { steps } = this.processOf(name);
    let at = await steps.at();
    for (const call of calls) {
      if (at !== call) throw new Error(`${name} is at '${String(at)}', not at '${call}'`);
      at = await steps.pass();
    }
    if (at !== next) throw new Error(`${name} went on to '${String(at)}', not to '${next}'`);
  }

  private pass(name: string, call: string, next: string): Promise<void> {
    return this.through(name, [call], next);
  }

  /** To `next`; or, where the process must see that it was superseded, to its end. */
  private async until(name: string, to: CutoverState, calls: readonly string[], next: string): Promise<void> {
    if (to.proc[name]?.pc === 'idle') return this.end(name);
    const left = calls.slice(calls.indexOf(await this.processOf(name).steps.at() ?? ''));
    await this.through(name, left, next);
  }

  /** It goes on until it ends. What a superseded process still does to its own hold is left out, for the model lets that hold expire. A finished undo would be followed by a run of its own. */
  private async end(name: string): Promise<void> {
    const { steps } = this.processOf(name);
    for (let at = await steps.at(), calls = 0; at !== undefined; calls += 1) {
      if (calls > 12) throw new Error(`${name} does not end; it is at '${at}'`);
      at = at === 'fenced' || (at === 'release' && this.gate.hold !== undefined) ? await steps.fail(new Error(MAY_DO_NOTHING)) : await steps.pass();
    }
    this.processes.delete(name);
  }

  private async move(name: string, to: CutoverState): Promise<void> {
    if (to.proc[name]?.pc === 'idle') return this.end(name);
    const { steps } = this.processOf(name);
    const at = await steps.at();
    if (at !== MOVES[to.proc[name]?.pc ?? '']) throw new Error(`${name} is at '${String(at)}'; in the model it has come to '${String(to.proc[name]?.pc)}'`);
    await steps.pass();
  }

  /** In a run that is finished the entry comes next; in one that began here nothing was asked of the lock yet. */
  private async closed(name: string): Promise<void> {
    const { steps } = this.processOf(name);
    if (await steps.at() !== 'closed') throw new Error(`${name} holds nothing`);
    await steps.pass();
  }

  private async flipRefused(name: string, to: CutoverState): Promise<void> {
    if (to.proc[name]?.pc === 'idle') return this.end(name);
    await this.through(name, ['flip', 'claim'], 'claim');
  }

  /** A gate that does not answer in time may answer later. */
  private async fails(name: string): Promise<void> {
    const { steps, clock } = this.processOf(name);
    const failing = steps.fail(new Error('the step failed'));
    clock.expire();
    const at = await failing;
    if (at !== 'claim') throw new Error(`${name} failed and went on to '${String(at)}'`);
  }

  /**
   * A gate that has not answered the hold does so now: that hold is let go as soon as it is granted. And one that was never written down is not known to who takes the
   * run up: it ends at the gate's own deadline, so that passes here, where the model knows it.
   */
  private async release(name: string, to: CutoverState): Promise<void> {
    const { steps, answer } = this.processOf(name);
    if (await steps.at() === 'release') await steps.pass();
    else if (answer !== undefined) {
      answer();
      while (!steps.waitsAt('release')) await delay(1);
      await steps.pass('release');
    }
    if (to.gate.hold === 0 && this.gate.hold !== undefined && !await this.isWritten(this.gate.hold)) this.gate.hold = undefined;
  }

  private async isWritten(hold: string): Promise<boolean> {
    const entries = await fileJournal(this.directory, 'books').entries();
    return entries.some((entry) => entry.event === 'step' && entry.step === 'hold' && (entry.detail as { readonly id: string }).id === hold);
  }

  private async kill(name: string): Promise<void> {
    const { steps, owners } = this.processOf(name);
    this.processes.delete(name);
    steps.kill();
    await owners.close();
  }

  private async losesLock(): Promise<void> {
    await this.clients.A.query(`SELECT pg_terminate_backend(pid) FROM (${LOCKS}) AS held`);
    while (await this.locked()) await delay(1);
  }

  private async locked(): Promise<boolean> {
    return (await this.clients.A.query(LOCKS)).rowCount !== 0;
  }

  // What there is to see

  async observe({ slot }: CutoverState): Promise<unknown> {
    const of = async (side: Side): Promise<unknown> => {
      const client = this.clients[side];
      const ids = async (table: string, order: string): Promise<number[]> => (await client.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY ${order}`)).rows.map(({ id }) => id);
      const { rows: [known] } = await client.query<{ there: boolean }>("SELECT to_regclass('strangler.cutover_epoch') IS NOT NULL AS there");
      const epoch = known?.there === true ? Number((await client.query<{ epoch: string }>('SELECT coalesce(max(epoch), 0) AS epoch FROM strangler.cutover_epoch')).rows[0]?.epoch) : 0;
      return { fenced: (await fencedTables(client, ['books'])).size > 0, data: await ids('books', 'id'), flow: slot[side] ? await ids('outflow', 'n') : [], ...(this.mutant === 'no-epoch' ? {} : { epoch }) };
    };
    return { A: await of('A'), B: await of('B'), slots: [...this.slots].sort(), owner: this.gate.owner, held: this.gate.hold !== undefined, locked: await this.locked(), journal: summary(await fileJournal(this.directory, 'books').entries()) };
  }

  expected(state: CutoverState): unknown {
    const of = (side: Side): unknown => ({ fenced: state.fence[side], data: [...state.data[side]].sort(), flow: state.flow[side], ...(this.mutant === 'no-epoch' ? {} : { epoch: state.epoch }) });
    const { run, state: journal } = state.journal;
    return { A: of('A'), B: of('B'), slots: SIDES.filter((side) => state.slot[side]), owner: state.gate.owner, held: state.gate.hold !== 0, locked: state.lock !== 'none', journal: `${String(run)} ${journal}` };
  }

  async close(): Promise<void> {
    for (const name of this.processes.keys()) await this.kill(name);
    await rm(this.directory, { recursive: true, force: true });
  }
}
