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
  readonly last: bigint | undefined;
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

/**
 * Moves the new owner's sequences beyond every value either side has given out or stored. Logical replication carries rows, not sequences: without this the first
 * insert after a cut-over takes an id that exists. Never moves a sequence back, so doing it again, or for a cut-over that is then released, costs only numbers.
 * @throws StranglerError STR_SEQUENCE_EXHAUSTED
 */
export async function advanceSequences({ tables, direction, oldOwner, newOwner, gap }: SequenceOptions): Promise<SequenceMove[]> {
  const moves: SequenceMove[] = [];
  for (const [table, mapping] of Object.entries(tables)) {
    const into = mapping.into ?? table;
    const [oldTable, newTable] = direction === 'forward' ? [table, into] : [into, table];
    const oldName = columnNames(mapping, direction);
    const old = await feedingSequences(oldOwner, oldTable);
    for (const own of await feedingSequences(newOwner, newTable)) {
      const counterparts = old.filter(({ column }) => column === oldName(own.column));
      const used = [...[own, ...counterparts].map(({ last }) => last), await furthest(newOwner, newTable, own.column, own.increment), await furthest(oldOwner, oldTable, oldName(own.column), own.increment)];
      const move = nextValue(own, used.filter((value) => value !== undefined), BigInt(gap));
      if (move !== undefined) {
        await newOwner.query('SELECT setval($1::regclass, $2::bigint, true)', [own.sequence, move]);
        moves.push({ sequence: own.sequence, from: own.last?.toString(), to: move });
      }
    }
  }
  return moves;
}

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
  const { rows } = await client.query<Record<'column' | 'sequence' | 'increment' | 'min' | 'max', string> & { last: string | null }>(`
    SELECT DISTINCT a.attname AS column, format('%I.%I', n.nspname, c.relname) AS sequence, s.seqincrement::text AS increment, s.seqmin::text AS min, s.seqmax::text AS max,
           pg_sequence_last_value(s.seqrelid)::text AS last
      FROM pg_attribute a
      LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
      JOIN pg_depend d ON (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i'))
                       OR (d.classid = 'pg_attrdef'::regclass AND d.objid = ad.oid AND d.refclassid = 'pg_class'::regclass)
      JOIN pg_sequence s ON s.seqrelid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END
      JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`, [quoteTable(tableRef(table))]);
  return rows.map((row) => ({
    column: row.column, sequence: row.sequence, increment: BigInt(row.increment), min: BigInt(row.min), max: BigInt(row.max), last: row.last === null ? undefined : BigInt(row.last),
  }));
}

/** The furthest value stored; looked up only where an index leads with the column, because everybody waits meanwhile. */
async function furthest(client: pg.Client, table: string, column: string, increment: bigint): Promise<bigint | undefined> {
  const name = quoteTable(tableRef(table));
  const { rows: [found] } = await client.query<{ indexed: boolean }>(`
    SELECT true AS indexed FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] JOIN pg_type t ON t.oid = a.atttypid
     WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indisvalid AND i.indpred IS NULL AND t.typname IN ('int2', 'int4', 'int8') LIMIT 1`, [name, column]);
  if (found === undefined) return undefined;
  const { rows: [row] } = await client.query<{ value: string | null }>(`SELECT ${increment > 0n ? 'max' : 'min'}(${quote(column)})::text AS value FROM ${name}`);
  return row?.value === null || row?.value === undefined ? undefined : BigInt(row.value);
}

/** The old owner's name for a column of the new owner. */
function columnNames(mapping: TableMapping, direction: 'forward' | 'back'): (newOwnersName: string) => string {
  const forward = mapping.columns ?? {};
  if (direction === 'back') return (name) => forward[name] ?? name;
  const inverse = new Map(Object.entries(forward).map(([source, target]) => [target, source]));
  return (name) => inverse.get(name) ?? name;
}
