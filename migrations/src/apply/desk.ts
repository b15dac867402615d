import { ExitCode, StranglerError } from '@strangler/kernel';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import type { Applied, Applier, ApplyOptions } from './applier.ts';
import { auditStatement, countStatement, listLetters, loadLetter, parkStatement, refusedAgain, unparkStatement, type Parked } from './dead-letter.ts';
import { footprint, Held, readTies, type Footprint, type Ties } from './footprint.ts';
import { asRefusal, heldWhole, type Refusal } from './refusal.ts';
import { SourceSchema, type Shape } from './source-schema.ts';
import type { TableMaps } from './table-map.ts';

export interface ParkingRules {
  /** What to do with a transaction that the target refuses. */
  readonly onRefusal: 'stop' | 'park';
  /** Beyond it, it stops after all. */
  readonly atMost: { readonly transactions: number; readonly bytes: number };
}

export const PARK_AT_MOST = { transactions: 10_000, bytes: 256_000_000 };

interface Kept {
  readonly id: string;
  readonly as: Refusal['as'];
  readonly footprint: Footprint;
  readonly whole: ReadonlySet<string>;
  readonly bytes: number;
}

/** What came of trying letters again. */
export interface Retried {
  readonly applied: readonly string[];
  readonly waiting: readonly string[];
  /** The first that was refused again; nothing after it was tried. */
  readonly failed?: { readonly id: string; readonly code: string; readonly reason: string };
}

/**
 * Stands between the log and the applier: a transaction that the target refuses is parked with everything that touches the same rows, all else goes on. What is
 * parked, what is applied and the checkpoint change in one target transaction, so that a crash loses neither a row nor the knowledge of what waits.
 */
export class Desk {
  private readonly applier: Applier;
  private readonly maps: TableMaps;
  private readonly rules: ParkingRules;
  readonly replication: string;
  private ties: Ties = new Map();
  private readonly schema: SourceSchema;
  private letters = new Map<string, Kept>();
  private held = new Held();
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(applier: Applier, rules: ParkingRules, schema: SourceSchema) {
    this.schema = schema;
    this.applier = applier;
    this.maps = applier.maps;
    this.replication = applier.replication;
    this.rules = rules;
  }

  static async open(applier: Applier, rules: ParkingRules): Promise<Desk> {
    const desk = new Desk(applier, rules, await SourceSchema.load(applier.session, applier.replication, applier.maps));
    await desk.reload();
    return desk;
  }

  get checkpoint(): Lsn {
    return this.applier.checkpoint;
  }

  /** For whoever takes a turn of its own. */
  get session(): Applier['session'] {
    return this.applier.session;
  }

  get ids(): readonly string[] {
    return [...this.letters.keys()];
  }

  get isEmpty(): boolean {
    return this.letters.size === 0;
  }

  /** Whether something waits for a schema to be mended: worth a look now and then. */
  get waitsForSchema(): boolean {
    return [...this.letters.values()].some(({ as }) => as === 'schema');
  }

  /** As the applier's. @throws StranglerError also STR_DEAD_LETTERS_FULL */
  apply(batch: readonly ChangeTransaction[], commit: ApplyOptions['commit'] = 'durable'): Promise<Applied | undefined> {
    return this.alone(() => this.applyNow(batch, commit));
  }

  /** Makes durable what was applied so far. */
  settle(): Promise<void> {
    return this.alone(() => this.applier.settle());
  }

  /** Tries letters again, in order: those named, and every one that waits for nothing any more. */
  retry(wanted: ReadonlySet<string> | 'schema', audit?: { readonly why: string; readonly by: string }): Promise<Retried> {
    return this.alone(() => this.retryNow(wanted, audit));
  }

  /** Throws a letter away, on purpose and written down. False when there is none of that name. */
  discard(id: string, audit: { readonly why: string; readonly by: string }): Promise<boolean> {
    return this.alone(async () => {
      if (!this.letters.has(id)) return false;
      await this.applier.change([auditStatement(this.replication, id, { action: 'discard', ...audit }), unparkStatement(this.replication, id), countStatement(this.replication)]);
      await this.reload();
      return true;
    });
  }

  /** One at a time: the sink's batches, and what people ask for. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async applyNow(batch: readonly ChangeTransaction[], commit: ApplyOptions['commit']): Promise<Applied | undefined> {
    const fresh = batch.filter(({ commitLsn }) => commitLsn > this.checkpoint);
    if (fresh.length === 0) return undefined;
    try {
      return await this.write(await this.sort(fresh), commit);
    } catch (error) {
      const refusal = this.rules.onRefusal === 'park' ? asRefusal(error) : undefined;
      if (refusal === undefined) throw error;
      return await this.oneByOne(fresh);
    }
  }

  /** Which of them may go on, and which must wait for what is parked, or for one of them that must. */
  private async sort(fresh: readonly ChangeTransaction[]): Promise<Sorted> {
    const sorted = { free: [] as ChangeTransaction[], parked: [] as Parked[], adopt: [] as Shape[], upTo: fresh.at(-1) };
    if (this.isEmpty && fresh.every((transaction) => this.schema.newShapes(transaction).length === 0)) return { ...sorted, free: fresh };
    const held = this.heldNow();
    for (const transaction of fresh) await this.sortOne(transaction, held, sorted);
    return sorted;
  }

  private async sortOne(transaction: ChangeTransaction, held: Held, sorted: { readonly free: ChangeTransaction[]; readonly parked: Parked[]; readonly adopt: Shape[] }): Promise<void> {
    const shapes = this.schema.newShapes(transaction);
    const waiting = waitingEvents(transaction, (events) => {
      const touched = footprint(events, this.maps, this.ties);
      const blocked = held.blocks(touched);
      if (blocked) held.add(touched);
      return blocked;
    });
    if (waiting.length > 0) sorted.parked.push(park(transaction, waiting, { as: 'behind', table: '', code: '', reason: '' }, shapes));
    else if (shapes.length > 0) {
      const problem = await this.problemOf(shapes);
      if (problem === undefined) sorted.adopt.push(...shapes);
      else {
        held.add(footprint(transaction.events, this.maps, this.ties), heldWhole(problem));
        sorted.parked.push(park(transaction, transaction.events, problem, shapes));
        return;
      }
    }
    if (waiting.length === 0) sorted.free.push(transaction);
    else if (waiting.length < transaction.events.length) sorted.free.push(without(transaction, new Set(waiting)));
  }

  /** A reason to park, or an error where nothing may be parked. The target may have been mended a moment ago. */
  private async problemOf(shapes: readonly Shape[]): Promise<Refusal | undefined> {
    if (this.schema.problem(shapes) === undefined) return undefined;
    await this.schema.look(this.applier.session);
    const problem = this.schema.problem(shapes);
    if (problem !== undefined && this.rules.onRefusal === 'stop') throw problem;
    return asRefusal(problem);
  }

  private async write({ free, parked, adopt, upTo }: Sorted, commit: ApplyOptions['commit'] = 'durable'): Promise<Applied | undefined> {
    if (parked.length === 0 && adopt.length === 0) return this.applier.apply(free, { commit });
    this.requireRoom(parked);
    const applied = await this.applier.apply(free, { beside: [...parked.map((each) => parkStatement(this.replication, each)), countStatement(this.replication), ...this.schema.adoptStatements(adopt)], upTo });
    this.schema.adopted(adopt);
    for (const each of parked) this.keep(each);
    return applied;
  }

  /** One of them is at fault: each in a transaction of its own, and the one that is refused is parked. */
  private async oneByOne(fresh: readonly ChangeTransaction[]): Promise<Applied | undefined> {
    const sum = { transactions: 0, events: 0, rowsSnapshotted: 0 };
    for (const transaction of fresh) {
      const applied = await this.one(transaction);
      sum.transactions += applied?.transactions ?? 0;
      sum.events += applied?.events ?? 0;
      sum.rowsSnapshotted += applied?.rowsSnapshotted ?? 0;
    }
    return { lsn: this.checkpoint, ...sum, durable: true };
  }

  private async one(transaction: ChangeTransaction): Promise<Applied | undefined> {
    const sorted = await this.sort([transaction]);
    try {
      return await this.write(sorted);
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      if (isSnapshotPart(transaction)) return this.snapshotPart(sorted);
      return this.write({ free: [], parked: [park(transaction, transaction.events, refusal, sorted.adopt)], adopt: [], upTo: transaction });
    }
  }

  /** A part of a snapshot is no transaction of the source's: only its rows that are at fault are parked, beside those that wait. They have one position, and so are one letter. */
  private async snapshotPart({ free: [part], parked: [waiting], upTo }: Sorted): Promise<Applied | undefined> {
    if (part === undefined) throw new Error('a part of a snapshot that waits as a whole was refused');
    const refused = await this.applier.refusedOf(part.events);
    const [first] = refused.values();
    const reason = asRefusal(first) ?? { as: 'refused', table: '', code: 'STR_APPLY_FAILED', reason: String(first) };
    return this.write({ free: [without(part, refused)], parked: [park(part, [...refused.keys(), ...waiting?.transaction.events ?? []], reason, [])], adopt: [], upTo });
  }

  private requireRoom(parked: readonly Parked[]): void {
    const { transactions, bytes } = this.rules.atMost;
    const kept = [...this.letters.values()].reduce((sum, letter) => sum + letter.bytes, 0) + parked.reduce((sum, { json }) => sum + json.length, 0);
    if (this.letters.size + parked.length <= transactions && kept <= bytes) return;
    throw new StranglerError({
      code: 'STR_DEAD_LETTERS_FULL', exitCode: ExitCode.environment,
      message: `${this.replication} has ${String(this.letters.size)} dead letters, and may not park ${String(parked.length)} more (at most ${String(transactions)} transactions, ${String(bytes)} bytes).`,
      remedy: `Nothing was skipped. Mend what \`strangler dead-letters list ${this.replication}\` shows and retry, then start the replication again; or raise \`parkAtMost\` in the config.`,
    });
  }

  private keep({ transaction, as, table, json }: Parked): void {
    const touched = footprint(transaction.events, this.maps, this.ties);
    const whole = heldWhole({ table });
    this.letters.set(printLsn(transaction.commitLsn), { id: printLsn(transaction.commitLsn), as, footprint: touched, whole, bytes: json.length });
    this.held.add(touched, whole);
  }

  private heldNow(): Held {
    const held = new Held();
    for (const { footprint: touched, whole } of this.letters.values()) held.add(touched, whole);
    return held;
  }

  private async retryNow(wanted: ReadonlySet<string> | 'schema', audit?: { readonly why: string; readonly by: string }): Promise<Retried> {
    await this.applier.refresh();
    await this.schema.look(this.applier.session);
    await this.reload();
    const blocked = new Held();
    const done: { applied: string[]; waiting: string[]; failed?: NonNullable<Retried['failed']> } = { applied: [], waiting: [] };
    for (const letter of this.letters.values()) {
      const asked = letter.as === 'behind' || (wanted === 'schema' ? letter.as === 'schema' : wanted.has(letter.id));
      const refusal = done.failed !== undefined || !asked || blocked.blocks(letter.footprint) ? 'waits' : await this.again(letter.id, audit);
      if (refusal === undefined) { done.applied.push(letter.id); continue; }
      blocked.add(letter.footprint, letter.whole);
      if (refusal === 'waits') done.waiting.push(letter.id);
      else done.failed = { id: letter.id, code: refusal.code, reason: refusal.reason };
    }
    await this.reload();
    return done;
  }

  /** Undefined when it went in. */
  private async again(id: string, audit: { readonly why: string; readonly by: string } | undefined): Promise<Refusal | undefined> {
    const transaction = await loadLetter(this.applier.session, this.replication, id);
    if (transaction === undefined) return undefined;
    try {
      const problem = this.schema.problem(transaction.shapes);
      if (problem !== undefined) throw problem;
      await this.applier.redo(this.schema.reshaped(transaction), [...this.schema.adoptStatements(transaction.shapes), ...audit === undefined ? [] : [auditStatement(this.replication, id, { action: 'retry', ...audit })], unparkStatement(this.replication, id), countStatement(this.replication)]);
      this.schema.adopted(transaction.shapes);
      return undefined;
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      await this.applier.change([refusedAgain(this.replication, id, refusal)]);
      return refusal;
    }
  }

  private async reload(): Promise<void> {
    this.ties = await readTies(this.applier.session, this.maps);
    const letters = new Map<string, Kept>();
    for (const { id, as, table, bytes } of await listLetters(this.applier.session, this.replication)) {
      const transaction = await loadLetter(this.applier.session, this.replication, id);
      const touched = footprint(transaction?.events ?? [], this.maps, this.ties);
      letters.set(id, { id, as, footprint: touched, whole: heldWhole({ table }), bytes });
    }
    this.letters = letters;
    this.held = this.heldNow();
  }
}

/** A batch, divided. */
interface Sorted {
  readonly free: readonly ChangeTransaction[];
  readonly parked: readonly Parked[];
  /** Shapes of tables that are seen for the first time, with these rows. */
  readonly adopt: readonly Shape[];
  readonly upTo: ChangeTransaction | undefined;
}

const isSnapshotPart = ({ events: [first] }: ChangeTransaction): boolean => first?.op === 'snapshot-read';

/** A transaction waits as a whole; the rows of a snapshot have nothing to do with one another. */
function waitingEvents(transaction: ChangeTransaction, mustWait: (events: readonly ChangeEvent[]) => boolean): readonly ChangeEvent[] {
  if (isSnapshotPart(transaction)) return transaction.events.filter((event) => mustWait([event]));
  return mustWait(transaction.events) ? transaction.events : [];
}

const without = ({ commitLsn, xid, committedAtMs, events }: ChangeTransaction, gone: { has(event: ChangeEvent): boolean }): ChangeTransaction =>
  ({ commitLsn, xid, committedAtMs, events: events.filter((event) => !gone.has(event)) });

const park = ({ commitLsn, xid, committedAtMs }: ChangeTransaction, events: readonly ChangeEvent[], refusal: Refusal, shapes: readonly Shape[]): Parked =>
  ({ transaction: { commitLsn, xid, committedAtMs, events }, ...refusal, shapes, json: JSON.stringify(events) });
