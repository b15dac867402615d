import { systemClock, tableParts, type Clock, type ReplicationConfig } from '@strangler/kernel';
import { requirePostgresUrl } from '../capture/binlog-url.ts';
import type { Lsn } from '../capture/lsn.ts';
import { tableFacts } from './catalog.ts';
import { checksum, hashMethod, sameChecksum, type Checksum, type HashMethod, type KeyRange } from './checksum.ts';
import { boundaries, rangesBetween } from './chunks.ts';
import type { Comparison, Incomparable } from './comparison.ts';
import { compareMapped } from './mapped.ts';
import type { Sides } from './row-diff.ts';
import { readSession, type ReadSession } from './session.ts';
import { settle } from './settle.ts';
import { tableRef } from './sql.ts';
import { judge, type TableVerdict, type Verdict } from './verdict.ts';

export interface VerifyOptions {
  /** Which tables, under which names, and which columns. `from` and `to` are names only; the URLs say where. */
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** Rows per checksum; default 20,000. */
  readonly chunkRows?: number;
  /** Waited for before the first row is read: the target has applied everything up to `lsn`. */
  readonly fence?: { readonly lsn: Lsn; wait(): Promise<void> };
  /** How long a differing row may take to settle while writes go on, milliseconds; default 2,000. With 0 the first look decides: right only when nobody writes. */
  readonly settleMs?: number;
  readonly clock?: Clock;
  /** Told after every chunk of either side. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly table: string;
  /** `dividing`: the keys between chunks are looked up. `comparing`: chunks are hashed on both sides. `settling`: rows that differ are looked at again. */
  readonly step: 'dividing' | 'comparing' | 'settling' | 'done';
  /** Chunks hashed on both sides so far, of so many, and the rows in them at the source. */
  readonly chunks: number;
  readonly of: number;
  readonly rows: number;
}

/**
 * Compares two databases row by row, reading only, with none of the applier's code: for each mapped table both sides hash the same key ranges in parallel,
 * ranges that differ are narrowed to rows, rows that differ are looked at again until they settle.
 * @throws StranglerError STR_DATABASE_UNREACHABLE; everything else that goes wrong makes its table unchecked, and the verdict `Incomplete`.
 */
export async function verify(options: VerifyOptions): Promise<Verdict> {
  requirePostgresUrl(options.sourceUrl);
  requirePostgresUrl(options.targetUrl);
  await options.fence?.wait();
  const [source, target] = await openBoth(options);
  try {
    const method = await hashMethod(source, target);
    const plans = await planTables(options.mapping, source, target);
    const tables: TableVerdict[] = [];
    for (const plan of plans) tables.push(await verifyTable(plan, { source, target, method }, options));
    return judge(tables, blindSpots(plans));
  } finally {
    await Promise.allSettled([source.close(), target.close()]);
  }
}

async function openBoth({ sourceUrl, targetUrl }: VerifyOptions): Promise<[ReadSession, ReadSession]> {
  const [source, target] = await Promise.allSettled([readSession(sourceUrl, 'source'), readSession(targetUrl, 'target')]);
  if (source.status === 'fulfilled' && target.status === 'fulfilled') return [source.value, target.value];
  for (const side of [source, target]) if (side.status === 'fulfilled') await side.value.close();
  throw [source, target].find((side) => side.status === 'rejected')?.reason;
}

async function planTables({ tables }: ReplicationConfig, source: ReadSession, target: ReadSession): Promise<(Comparison | Incomparable)[]> {
  const parts = Object.entries(tables).flatMap(([table, mapping]) => tableParts(table, mapping).map((part) => ({ table, part })));
  const plans: (Comparison | Incomparable)[] = [];
  // One after the other: a session answers one question at a time.
  for (const { table, part } of parts) {
    const { into } = part;
    const others = parts.filter((other) => other.part !== part && other.part.into === into && other.part.adds === undefined);
    // A config that lets rows of two tables overwrite each other is refused before; here it would only look equal by chance.
    if (others.length > 0 && part.adds === undefined && part.discriminator === undefined) plans.push({ table, into, why: `Several source tables are merged into ${into}, and nothing tells their rows apart: row for row there is nothing to compare it with.` });
    else plans.push(compareMapped(table, part, await tableFacts(source, tableRef(table)), await tableFacts(target, tableRef(into))));
  }
  return plans;
}

async function verifyTable(plan: Comparison | Incomparable, sessions: { source: ReadSession; target: ReadSession; method: HashMethod }, options: VerifyOptions): Promise<TableVerdict> {
  const { table, into } = plan;
  const nothing: TableVerdict = { table, into, rowsSource: 0, rowsTarget: 0, chunks: 0, differing: [], checked: false };
  if ('why' in plan) return { ...nothing, why: plan.why };
  try {
    return await compareRows({ comparison: plan, ...sessions }, options);
  } catch (error) {
    return { ...nothing, why: `The comparison stopped: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function compareRows(sides: Sides, { chunkRows = 20_000, settleMs = 2_000, clock = systemClock, onProgress }: VerifyOptions): Promise<TableVerdict> {
  const { comparison } = sides;
  const tell = (step: VerifyProgress['step'], chunks: number, of: number, rows: number): void => { onProgress?.({ table: comparison.table, step, chunks, of, rows }); };
  tell('dividing', 0, 0, 0);
  const ranges: KeyRange[] = ['null-key', ...rangesBetween(await boundaries(sides.source, comparison.source, chunkRows))];
  const found: Record<Side, Checksum[]> = { source: [], target: [] };
  const compared = (): void => { tell('comparing', Math.min(found.source.length, found.target.length), ranges.length, rowsIn(found.source)); };
  await Promise.all([checksums(sides, 'source', ranges, found.source, compared), checksums(sides, 'target', ranges, found.target, compared)]);
  const { source, target } = found;
  const doubtful = ranges.filter((_, index) => !same(source[index], target[index]));
  if (doubtful.length > 0) tell('settling', ranges.length, ranges.length, rowsIn(source));
  const settled = await settle(sides, doubtful, settleMs, clock);
  // Counted again where rows were looked at again: '0 rows, equal' would tell of the moment before they came.
  const count = async (side: Side, first: readonly Checksum[]): Promise<number> =>
    rowsIn(first.filter((_, index) => same(source[index], target[index]))) + rowsIn(await checksums(sides, side, doubtful));
  const [rowsSource, rowsTarget] = await Promise.all([count('source', source), count('target', target)]);
  tell('done', ranges.length, ranges.length, rowsSource);
  return { table: comparison.table, into: comparison.into, rowsSource, rowsTarget, chunks: ranges.length - 1, ...settled };
}

type Side = 'source' | 'target';

/** Each side goes at its own pace: neither waits for the other between chunks. */
async function checksums(sides: Sides, side: Side, ranges: readonly KeyRange[], found: Checksum[] = [], onEach: () => void = () => undefined): Promise<Checksum[]> {
  for (const range of ranges) {
    found.push(await checksum(sides[side], sides.comparison[side], range, sides.method));
    onEach();
  }
  return found;
}

/** A chunk without a checksum is a chunk that differs, never one that agrees. */
const same = (a: Checksum | undefined, b: Checksum | undefined): boolean => a !== undefined && b !== undefined && sameChecksum(a, b);
const rowsIn = (chunks: readonly Checksum[]): number => chunks.reduce((sum, { rows }) => sum + rows, 0);

const blindSpots = (plans: readonly (Comparison | Incomparable)[]): string[] => [
  ...plans.flatMap((plan) => 'why' in plan ? [] : plan.cannotSee),
  'Tables the mapping does not name.',
  'Sequences, triggers, constraints, indexes and grants: rows are compared, not what guards them.',
  'Writes after a chunk was read: the verdict holds for the moment each row was looked at.',
];
