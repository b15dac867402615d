import { StranglerError, type TableMapping } from '@strangler/kernel';
import type pg from 'pg';
import { quote, quoteTable, tableRef } from '../verify/sql.ts';

/** A sequence that feeds a column: owned by it (serial, identity) or named in its default. */
interface FeedingSequence {
  readonly column: string;
  /** Quoted and qualified. */
  readonly sequence: string;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
}

/** What `advanceSequences` did to one sequence of the new owner. */
export interface SequenceMove {
  readonly sequence: string;
  readonly from: string | undefined;
  readonly to: string;
}

export interface SequenceOptions {
  readonly tables: Readonly<Record<string, TableMapping>>;
  /** Whether the mapping's source is the old owner (forward) or the new one (back). */
  readonly direction: 'forward' | 'back';
  readonly oldOwner: pg.Client;
  readonly newOwner: pg.Client;
  /** Values left out, so that ids an application drew in advance are not given twice. */
  readonly gap: number;
}

/** One sequence of the new owner and, for each side, the scalar queries that tell how far its values have gone. */
export interface PlannedSequence {
  readonly own: FeedingSequence;
  readonly oldReads: readonly string[];
  readonly newReads: readonly string[];
}

/** Everything about the sequences that the catalogs say: found out before anybody waits. */
export async function planSequences({ tables, direction, oldOwner, newOwner }: Omit<SequenceOptions, 'gap'>): Promise<PlannedSequence[]> {
  const planned: PlannedSequence[] = [];
  for (const [table, mapping] of Object.entries(tables)) {
    const into = mapping.into ?? table;
    const [oldTable, newTable] = direction === 'forward' ? [table, into] : [into, table];
    const oldName = columnNames(mapping, direction);
    const old = await feedingSequences(oldOwner, oldTable);
    for (const own of await feedingSequences(newOwner, newTable)) {
      const oldColumn = oldName(own.column);
      planned.push({
        own, newReads: [lastOf(own), ...await furthest(newOwner, newTable, own.column, own.increment)],
        oldReads: [...old.filter(({ column }) => column === oldColumn).map(lastOf), ...await furthest(oldOwner, oldTable, oldColumn, own.increment)],
      });
    }
  }
  return planned;
}

/**
 * Moves the new owner's sequences beyond every value either side has given out or stored. Logical replication carries rows, not sequences: without this the first
 * insert after a cut-over takes an id that exists. Never moves a sequence back, so doing it again, or for a cut-over that is then released, costs only numbers.
 * Two round trips for all of them: everybody waits meanwhile.
 * @throws StranglerError STR_SEQUENCE_EXHAUSTED
 */
export async function advanceSequences(planned: readonly PlannedSequence[], { oldOwner, newOwner, gap }: Pick<SequenceOptions, 'oldOwner' | 'newOwner' | 'gap'>): Promise<SequenceMove[]> {
  if (planned.length === 0) return [];
  const [old, fresh] = await Promise.all([readAll(oldOwner, planned.map(({ oldReads }) => oldReads)), readAll(newOwner, planned.map(({ newReads }) => newReads))]);
  const moves = planned.flatMap(({ own }, index): SequenceMove[] => {
    const to = nextValue(own, [...old[index] ?? [], ...fresh[index] ?? []].filter((value) => value !== undefined), BigInt(gap));
    return to === undefined ? [] : [{ sequence: own.sequence, from: fresh[index]?.[0]?.toString(), to }];
  });
  if (moves.length > 0) await newOwner.query('SELECT setval(name::regclass, value, true) FROM unnest($1::text[], $2::bigint[]) AS s(name, value)', [moves.map(({ sequence }) => sequence), moves.map(({ to }) => to)]);
  return moves;
}

/** Each list of scalar queries as values, in one round trip. */
async function readAll(client: pg.Client, lists: readonly (readonly string[])[]): Promise<(bigint | undefined)[][]> {
  const { rows: [row] } = await client.query<{ values: (string | null)[][] }>(`SELECT json_build_array(${lists.map((reads) => `json_build_array(${reads.map((read) => `(${read})::text`).join(', ')})`).join(', ')}) AS values`);
  return (row?.values ?? []).map((values) => values.map((value) => value === null ? undefined : BigInt(value)));
}

const lastOf = ({ sequence }: FeedingSequence): string => `SELECT pg_sequence_last_value(${literal(sequence)}::regclass)`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The value to set, or undefined when nothing was ever drawn. Pure. */
export function nextValue({ sequence, increment, min, max }: Pick<FeedingSequence, 'sequence' | 'increment' | 'min' | 'max'>, used: readonly bigint[], gap: bigint): string | undefined {
  if (used.length === 0) return undefined;
  const furthestUsed = used.reduce((a, b) => (increment > 0n ? b > a : b < a) ? b : a);
  const value = furthestUsed + gap * increment;
  if (value <= max && value >= min) return value.toString();
  throw new StranglerError({
    code: 'STR_SEQUENCE_EXHAUSTED', exitCode: 1,
    message: `${sequence} would have to be set to ${value.toString()}, outside ${min.toString()} … ${max.toString()}.`,
    remedy: 'Widen the column and its sequence to bigint on the new owner before the cut-over.',
  });
}

async function feedingSequences(client: pg.Client, table: string): Promise<FeedingSequence[]> {
  const { rows } = await client.query<Record<'column' | 'sequence' | 'increment' | 'min' | 'max', string>>(`
    SELECT DISTINCT a.attname AS column, format('%I.%I', n.nspname, c.relname) AS sequence, s.seqincrement::text AS increment, s.seqmin::text AS min, s.seqmax::text AS max
      FROM pg_attribute a
      LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
      JOIN pg_depend d ON (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i'))
                       OR (d.classid = 'pg_attrdef'::regclass AND d.objid = ad.oid AND d.refclassid = 'pg_class'::regclass)
      JOIN pg_sequence s ON s.seqrelid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END
      JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`, [quoteTable(tableRef(table))]);
  return rows.map((row) => ({ column: row.column, sequence: row.sequence, increment: BigInt(row.increment), min: BigInt(row.min), max: BigInt(row.max) }));
}

/** The query for the furthest value stored; only where an index leads with the column, because everybody waits while it runs. */
async function furthest(client: pg.Client, table: string, column: string, increment: bigint): Promise<string[]> {
  const name = quoteTable(tableRef(table));
  const { rows: [found] } = await client.query<{ indexed: boolean }>(`
    SELECT true AS indexed FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] JOIN pg_type t ON t.oid = a.atttypid
     WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indisvalid AND i.indpred IS NULL AND t.typname IN ('int2', 'int4', 'int8') LIMIT 1`, [name, column]);
  return found === undefined ? [] : [`SELECT ${increment > 0n ? 'max' : 'min'}(${quote(column)}) FROM ${name}`];
}

/** The old owner's name for a column of the new owner. */
function columnNames(mapping: TableMapping, direction: 'forward' | 'back'): (newOwnersName: string) => string {
  const forward = mapping.columns ?? {};
  if (direction === 'back') return (name) => forward[name] ?? name;
  const inverse = new Map(Object.entries(forward).map(([source, target]) => [target, source]));
  return (name) => inverse.get(name) ?? name;
}
