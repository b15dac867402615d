import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import { isPassing } from '../capture/connect.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import { tableName } from '../capture/table-ref.ts';
import { packedOf } from '../capture/packed-transaction.ts';
import type { PackedChanges } from '../capture/packed.ts';
import { loadCheckpoint, type Checkpoint } from './checkpoint.ts';
import { CopyQuery } from './copy-query.ts';
import { planPacked } from './packed-plan.ts';
import { Shapes } from './packed-shape.ts';
import { packedStatements } from './packed-statements.ts';
import { plan, type ApplyMode } from './plan.ts';
import { openApplySession, sinkActive } from './session.ts';
import { statements, type Statement, type Work } from './statements.ts';
import { targetsOf, type TableMaps, type TargetChange } from './table-map.ts';
import { toTarget } from './to-target.ts';
import { readCatalog, type TargetCatalog } from './target-catalog.ts';

export interface Applied {
  readonly lsn: Lsn;
  readonly transactions: number;
  readonly events: number;
  readonly rowsSnapshotted: number;
  /** False: the target's server may still lose it, and then takes the checkpoint back with it; the next commit that is durable makes it so. */
  readonly durable: boolean;
}

/** How a batch is written. */
export interface ApplyOptions {
  /** Written in the same transaction. */
  readonly beside?: readonly Statement[];
  /** The position moves there where the batch leaves something out. */
  readonly upTo?: ChangeTransaction | undefined;
  /** `soon`: does not wait for the target's disk, because more follows at once. A batch with a marker waits all the same. Default `durable`. */
  readonly commit?: 'durable' | 'soon';
}

export interface ApplierOptions {
  readonly targetUrl: string;
  readonly replication: string;
  readonly maps: TableMaps;
  readonly mode: ApplyMode;
  /** Written in the transaction of every batch: where its transactions were read. */
  readonly beside?: (batch: readonly ChangeTransaction[]) => readonly Statement[];
}

type Counts = Pick<Applied, 'transactions' | 'events' | 'rowsSnapshotted'>;

interface Prepared {
  readonly work: readonly Work[];
  readonly events: number;
  readonly rowsSnapshotted: number;
}

const ADVANCE = `WITH held AS (UPDATE strangler.checkpoint SET commit_lsn = $3::pg_lsn, committed_at_ms = $4::bigint, events_applied = events_applied + $5::bigint,
    transactions_applied = transactions_applied + $6::bigint, rows_snapshotted = rows_snapshotted + $7::bigint, updated_at = now(),
    phase = CASE WHEN phase = 'snapshotting' AND snapshot_lsn <= $3::pg_lsn THEN 'streaming' ELSE phase END
  WHERE replication = $1 AND epoch = $2::bigint RETURNING 1) SELECT 1 / count(*) FROM held`;
const HOLD = `WITH held AS (UPDATE strangler.checkpoint SET events_applied = events_applied + $3::bigint, transactions_applied = transactions_applied + $4::bigint, rows_snapshotted = rows_snapshotted + $5::bigint,
    updated_at = now() WHERE replication = $1 AND epoch = $2::bigint RETURNING 1) SELECT 1 / count(*) FROM held`;
const OPENING = { durable: 'BEGIN; SET CONSTRAINTS ALL DEFERRED', soon: 'BEGIN; SET LOCAL synchronous_commit = off; SET CONSTRAINTS ALL DEFERRED' } as const;
const DIVISION_BY_ZERO = '22012';
const UNIQUE_VIOLATION = '23505';

/** What says in the rows' own transaction how far they have come, and fails with a division by zero when another sink has taken over. */
export interface Fence {
  /** What is not behind this is applied already. */
  readonly at: Lsn;
  advance(counted: Counts & { readonly lsn: Lsn }, committedAtMs: number): Statement;
  /** Counts what was applied behind the position, and leaves the position where it is. Without it nothing can be parked. */
  hold?(counts: Counts): Statement;
}

/** Applies whole source transactions: rows and checkpoint in one target transaction, so that a crash at any moment neither loses nor doubles. */
export class Applier {
  /** The checkpoint as it was taken over, durable; undefined under another fence. */
  readonly begun: Checkpoint | undefined;
  private readonly client: pg.Client;
  private readonly options: ApplierOptions;
  private beside: ApplierOptions['beside'];
  private readonly fence: Fence;
  private readonly names = new Map<string, string>();
  private readonly shapes: Shapes;
  private catalog: TargetCatalog;
  private at: Lsn;

  private constructor(client: pg.Client, options: ApplierOptions, fence: Fence, catalog: TargetCatalog, begun?: Checkpoint) {
    this.begun = begun;
    this.client = client;
    this.options = options;
    this.beside = options.beside;
    this.fence = fence;
    this.at = fence.at;
    this.shapes = new Shapes(options.maps);
    this.catalog = catalog;
  }

  /** Takes the checkpoint over from whoever held it; on a session that holds the lock already, or on one of its own. @throws StranglerError STR_SINK_ACTIVE */
  static async open(options: ApplierOptions, session?: pg.Client): Promise<Applier> {
    const client = session ?? await openApplySession(options.targetUrl, options.replication);
    try {
      await client.query('UPDATE strangler.checkpoint SET epoch = epoch + 1 WHERE replication = $1', [options.replication]);
      const checkpoint = await loadCheckpoint(client, options.replication);
      if (checkpoint === undefined) throw new Error(`no checkpoint for ${options.replication}`);
      return new Applier(client, options, checkpointFence(options.replication, checkpoint.epoch, checkpoint.lsn), await readTargets(client, options.maps), checkpoint);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Under a fence other than the replication's checkpoint; positions are whatever the fence counts. */
  static async under(fence: Fence, options: ApplierOptions, session: pg.Client): Promise<Applier> {
    return new Applier(session, options, fence, await readTargets(session, options.maps));
  }

  get checkpoint(): Lsn { return this.at; }

  /** The one session that may write; for whoever takes turns with `apply`. */
  get session(): pg.Client { return this.client; }

  /** What is written with every batch from now on, for a session that was opened before that was known. */
  alongside(beside: ApplierOptions['beside']): void { this.beside = beside; }

  get maps(): TableMaps { return this.options.maps; }

  get replication(): string { return this.options.replication; }

  /**
   * Applies what is not applied yet.
   * @throws StranglerError STR_APPLY_FAILED, STR_SINK_ACTIVE; anything passing (a lost connection) as it is
   */
  async apply(batch: readonly ChangeTransaction[], { beside = [], upTo, commit = 'durable' }: ApplyOptions = {}): Promise<Applied | undefined> {
    const fresh = batch.filter(({ commitLsn }) => commitLsn > this.at);
    const last = upTo ?? fresh.at(-1);
    if (last === undefined) return undefined;
    const { work, ...counts } = await this.prepare(fresh);
    const counted = { lsn: last.commitLsn, transactions: fresh.filter(isBusiness).length, ...counts };
    const way = mayCommitSoon(batch) ? commit : 'durable';
    const durable = await this.write(work, [this.fence.advance(counted, last.committedAtMs), ...beside, ...this.beside?.(fresh) ?? []], fresh, way);
    this.at = last.commitLsn;
    return { ...counted, durable };
  }

  /** Applies a transaction that was passed over, behind the position. Whoever calls it knows that nothing of what it touches was applied since. */
  async redo(transaction: ChangeTransaction, beside: readonly Statement[]): Promise<void> {
    const { work, ...counts } = await this.prepare([transaction]);
    await this.write(work, [this.hold({ ...counts, transactions: counts.rowsSnapshotted === 0 ? 1 : 0 }), ...beside], [transaction]);
  }

  /** Makes durable whatever was committed before: a commit that waits for the disk flushes all that lies before it. */
  async settle(): Promise<void> {
    await this.change([]);
  }

  /** Statements of our own, under the same fence. */
  async change(work: readonly Statement[]): Promise<void> {
    await this.commit([this.hold({ events: 0, transactions: 0, rowsSnapshotted: 0 }), ...work]);
  }

  private hold(counts: Counts): Statement {
    const statement = this.fence.hold?.(counts);
    if (statement === undefined) throw new Error('nothing can be parked under this fence');
    return statement;
  }

  /** Which events the target refuses, each tried as if all before it that it took were there. Nothing is kept. */
  async refusedOf(events: readonly ChangeEvent[]): Promise<Map<ChangeEvent, unknown>> {
    const refused = new Map<ChangeEvent, unknown>();
    await this.client.query('BEGIN');
    try {
      for (const event of events) {
        await this.client.query('SAVEPOINT one');
        try {
          for (const change of toTarget(event, this.options.maps)) await this.one(change, []);
        } catch (error) {
          if (!(error instanceof StranglerError)) throw error;
          refused.set(event, error);
          await this.client.query('ROLLBACK TO one');
        }
        await this.client.query('RELEASE one');
      }
    } finally {
      await this.client.query('ROLLBACK').catch(() => undefined);
    }
    return refused;
  }

  /** Looks at the target's tables again. */
  async refresh(): Promise<void> {
    this.catalog = await readTargets(this.client, this.options.maps);
  }

  /** @returns whether it is durable */
  private async write(work: readonly Work[], advance: readonly Statement[], source: readonly ChangeTransaction[], way: keyof typeof OPENING = 'durable'): Promise<boolean> {
    try {
      await this.commit([...advance, ...work], way);
      return way === 'durable';
    } catch (error) {
      if (isPassing(error) || error instanceof StranglerError) throw error;
      if (await this.asUpserts(error, advance, source)) return true;
      // The net effect has another order than the source had (two rows that swap a unique value), or a row is at fault: one by one it works, or names the row.
      await this.rowByRow(this.changesOf(source), advance, source);
      return true;
    }
  }

  /** Rows that are there already, as where a log tells of a table that was copied in pieces, fail a COPY and not an upsert; and a batch of upserts is many times faster than its rows one by one. */
  private async asUpserts(error: unknown, advance: readonly Statement[], source: readonly ChangeTransaction[]): Promise<boolean> {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION || !source.some((transaction) => packedOf(transaction) !== undefined)) return false;
    const work = statements(plan(this.changesOf(source), this.options.mode), this.catalog, this.options.mode);
    return this.commit([...advance, ...work]).then(() => true, (again: unknown) => {
      if (isPassing(again) || again instanceof StranglerError) throw again;
      return false;
    });
  }

  private changesOf(source: readonly ChangeTransaction[]): TargetChange[] {
    return source.flatMap(({ events }) => events.flatMap((event) => toTarget(event, this.options.maps)));
  }

  /** What is to be done, and what it counts for. A table may have grown a column since the catalog was read: look again before complaining. */
  private async prepare(source: readonly ChangeTransaction[]): Promise<Prepared> {
    const prepare = this.plan(source);
    try {
      return prepare();
    } catch (error) {
      if (!(error instanceof StranglerError)) throw error;
      this.catalog = await readTargets(this.client, this.options.maps);
      return prepare();
    }
  }

  /** Packed transactions stay packed where the target is known to be the source as of the checkpoint: see `planPacked`. */
  private plan(source: readonly ChangeTransaction[]): () => Prepared {
    const { mode, maps } = this.options;
    const packed = mode === 'strict' ? source.map(packedForm) : [undefined];
    if (packed.every((changes) => changes !== undefined)) {
      const { steps, ...counts } = planPacked(packed, this.shapes, maps);
      return () => ({ ...counts, work: packedStatements(steps, this.catalog) });
    }
    const changes = this.changesOf(source);
    const rowsSnapshotted = changes.filter((change) => change.op === 'insert' && change.from === 'snapshot').length;
    const steps = plan(changes, mode);
    return () => ({ rowsSnapshotted, events: changes.length - rowsSnapshotted, work: statements(steps, this.catalog, mode) });
  }

  /** All statements go out in one breath (pipelining): the round trips are what a small transaction costs. */
  private async commit(work: readonly Work[], way: keyof typeof OPENING = 'durable'): Promise<void> {
    const sent = [this.client.query(OPENING[way]), ...work.map((each) => this.send(each)), this.client.query('COMMIT')];
    const results = await Promise.allSettled(sent);
    const failed = results.findIndex(({ status }) => status === 'rejected');
    if (failed >= 0) throw this.fenced(failed === 1, (results[failed] as PromiseRejectedResult).reason);
    const end = results.at(-1);
    if (end?.status !== 'fulfilled' || end.value.command !== 'COMMIT') throw new Error('the target rolled the transaction back');
  }

  private fenced(atCheckpoint: boolean, error: unknown): unknown {
    return atCheckpoint && (error as { code?: string }).code === DIVISION_BY_ZERO ? sinkActive(this.options.replication) : error;
  }

  private async rowByRow(changes: readonly TargetChange[], advance: readonly Statement[], source: readonly ChangeTransaction[]): Promise<void> {
    await this.client.query('BEGIN');
    try {
      await this.client.query('SET CONSTRAINTS ALL DEFERRED');
      for (const [index, statement] of advance.entries()) await this.send(statement).catch((error: unknown) => { throw this.fenced(index === 0, error); });
      for (const change of changes) await this.one(change, source);
      await this.client.query('COMMIT').catch((error: unknown) => { throw isPassing(error) ? error : this.failed(error, undefined, source); });
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  private async one(change: TargetChange, source: readonly ChangeTransaction[]): Promise<void> {
    for (const statement of statements(plan([change], this.options.mode), this.catalog, this.options.mode)) {
      await this.send(statement).catch((error: unknown) => {
        throw isPassing(error) ? error : this.failed(error, change, source);
      });
    }
  }

  private send(work: Work): Promise<pg.QueryResult> {
    if ('copy' in work) return this.client.query(new CopyQuery(work.text, work.copy)).done;
    const { text, values } = work;
    let name = this.names.get(text);
    if (name === undefined) {
      name = `strangler_${String(this.names.size)}`;
      this.names.set(text, name);
    }
    return this.client.query({ name, text, values: [...values] });
  }

  private failed(cause: unknown, change: TargetChange | undefined, source: readonly ChangeTransaction[]): StranglerError {
    const missing = (cause as { code?: string }).code === DIVISION_BY_ZERO && (change?.op === 'update' || change?.op === 'move');
    const why = missing ? 'the row is not there: somebody else has written to the target' : describe(cause);
    const where = change === undefined ? 'The transaction' : `${tableName(change.into.target)} ${printKey(change)}`;
    const range = [source[0], source.at(-1)].map((transaction) => (transaction === undefined ? '' : printLsn(transaction.commitLsn))).join(' to ');
    return new StranglerError({
      code: 'STR_APPLY_FAILED',
      message: `${where} cannot be applied (source transactions ${range}): ${why}.`,
      remedy: 'Nothing was skipped and nothing later was applied. Mend the target (a constraint, a missing row, a narrower column) and start again: it goes on with this transaction.',
      exitCode: ExitCode.environment,
      cause,
    });
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

const checkpointFence = (replication: string, epoch: bigint, at: Lsn): Fence => ({
  at,
  hold: ({ events, transactions, rowsSnapshotted }) => ({ text: HOLD, values: [replication, String(epoch), String(events), String(transactions), String(rowsSnapshotted)] }),
  advance: ({ lsn, events, transactions, rowsSnapshotted }, committedAtMs) =>
    ({ text: ADVANCE, values: [replication, String(epoch), printLsn(lsn), String(Math.round(committedAtMs)), String(events), String(transactions), String(rowsSnapshotted)] }),
});

/** Somebody waits for a marker, and takes what it finds at the target as durable: a cut-over's drain. */
export const mayCommitSoon = (batch: readonly ChangeTransaction[]): boolean => batch.every(({ marker }) => marker === undefined);

const NO_CHANGES: PackedChanges = { bytes: Buffer.alloc(0), count: 0, snapshotRows: 0, relations: new Map(), relationsAfter: new Map() };

/** A mark is a transaction without changes. */
const packedForm = (transaction: ChangeTransaction): PackedChanges | undefined => packedOf(transaction) ?? (transaction.events.length === 0 ? NO_CHANGES : undefined);

/** Of the source's own transactions, not a chunk of its snapshot. */
function isBusiness(transaction: ChangeTransaction): boolean {
  const packed = packedOf(transaction);
  if (packed !== undefined) return packed.count > 0 && packed.snapshotRows === 0;
  const [first] = transaction.events;
  return first !== undefined && first.op !== 'snapshot-read';
}

const readTargets = (client: pg.Client, maps: TableMaps): Promise<TargetCatalog> => readCatalog(client, targetsOf(maps));

function describe(error: unknown): string {
  const { message, detail, column } = error as { message?: string; detail?: string; column?: string };
  return [message ?? String(error), detail, column === undefined ? undefined : `column ${column}`].filter((part) => part !== undefined).join('; ');
}

function printKey(change: TargetChange): string {
  const row = change.op === 'truncate' ? undefined : 'keyBefore' in change ? change.keyBefore : change.row;
  return row === undefined ? '(truncate)' : `(${change.into.key.map((name) => `${name} = ${row[name] ?? 'NULL'}`).join(', ')}) [${change.op}]`;
}

