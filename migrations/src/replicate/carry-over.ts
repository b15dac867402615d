import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import type { TableRef } from '../capture/change-event.ts';
import { textRows } from '../capture/connect.ts';
import { quoteLiteral, quoteName, quoteTable, tableName } from '../capture/table-ref.ts';

/** What hangs on tables and is not copied with `LIKE`: statements that bring it over to the tables that take their place, and what must be let go before. */
export interface CarriedOver {
  /** While the old tables still have their names. */
  readonly before: readonly string[];
  /** Once the new ones have them. */
  readonly after: readonly string[];
}

const IN = '(n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))';
const CLASS = 'pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace';
const names = (tables: readonly TableRef[]): [string[], string[]] => [tables.map(({ schema }) => schema), tables.map(({ table }) => table)];

/**
 * Foreign keys from and to the tables, triggers with their state, owners, grants and sequences. Names stay what they are; those of indexes and constraints are the copy's.
 * @throws StranglerError STR_SWAP_REFUSED naming everything that cannot be carried over: views and rules, row policies, column grants, partitions, publications
 */
export async function carryOver(client: pg.ClientBase, tables: readonly TableRef[]): Promise<CarriedOver> {
  await client.query("SELECT set_config('search_path', '', true)"); // definitions come with their schemas
  await refuse(client, tables);
  const foreign = await textRows<'schema' | 'table' | 'name' | 'definition' | 'outside'>(client, `SELECT n.nspname AS schema, c.relname AS table, k.conname AS name, pg_get_constraintdef(k.oid) AS definition, NOT (${IN}) AS outside
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (${IN} OR (fn.nspname, f.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))) ORDER BY 1, 2, 3`, names(tables));
  const triggers = await textRows<'schema' | 'table' | 'name' | 'definition' | 'state'>(client, `SELECT n.nspname AS schema, c.relname AS table, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled AS state
    FROM pg_trigger t JOIN ${CLASS} ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND ${IN} ORDER BY 1, 2, 3`, names(tables));
  const rights = await textRows<'schema' | 'table' | 'owner' | 'grants'>(client, `SELECT n.nspname AS schema, c.relname AS table, quote_ident(pg_get_userbyid(c.relowner)) AS owner,
      coalesce((SELECT json_agg(format('GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END))
        FROM aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner), '[]')::text AS grants FROM ${CLASS} WHERE ${IN} ORDER BY 1, 2`, names(tables));
  const sequences = await sequencesOf(client, tables);
  return {
    before: [...foreign.filter(({ outside }) => outside === 't').map(({ name, ...ref }) => `ALTER TABLE ${quoteTable(ref)} DROP CONSTRAINT ${quoteName(name)}`), ...sequences.before],
    after: [
      // A table that was in use before has its own, which point at what was beside it then.
      ...foreign.flatMap(({ name, definition, ...ref }) => [`ALTER TABLE ${quoteTable(ref)} DROP CONSTRAINT IF EXISTS ${quoteName(name)}`, `ALTER TABLE ${quoteTable(ref)} ADD CONSTRAINT ${quoteName(name)} ${definition}`]),
      ...triggers.flatMap(({ name, definition, state, ...ref }) => [`DROP TRIGGER IF EXISTS ${quoteName(name)} ON ${quoteTable(ref)}`, definition, ...enabling(ref, name, state)]),
      ...rights.flatMap(({ owner, grants, ...ref }) => [`ALTER TABLE ${quoteTable(ref)} OWNER TO ${owner}`, ...JSON.parse(grants) as string[]]), ...sequences.after,
    ],
  };
}

const STATES: Readonly<Record<string, string>> = { D: 'DISABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' };
const enabling = (ref: TableRef, name: string, state: string): string[] => STATES[state] === undefined ? [] : [`ALTER TABLE ${quoteTable(ref)} ${STATES[state]} TRIGGER ${quoteName(name)}`];

/** A serial's sequence goes on feeding the column under its name; an identity's is the new table's own, and goes on where the old one stood. */
async function sequencesOf(client: pg.ClientBase, tables: readonly TableRef[]): Promise<CarriedOver> {
  const rows = await textRows<'schema' | 'table' | 'column' | 'sequence' | 'identity' | 'last'>(client, `SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, s.oid::regclass::text AS sequence, d.deptype = 'i' AS identity, pg_sequence_last_value(s.oid) AS last
    FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN ${CLASS} ON c.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND ${IN} ORDER BY 1, 2, 3`, names(tables));
  const [serial, identity] = [rows.filter((row) => row.identity === 'f'), rows.filter((row) => row.identity === 't' && (row.last as string | null) !== null)];
  return {
    before: serial.map(({ sequence }) => `ALTER SEQUENCE ${sequence} OWNED BY NONE`),
    after: [
      ...serial.map(({ sequence, column, ...ref }) => `ALTER SEQUENCE ${sequence} OWNED BY ${quoteTable(ref)}.${quoteName(column)}`),
      ...identity.map(({ column, last, ...ref }) => `SELECT setval(pg_get_serial_sequence(${quoteLiteral(quoteTable(ref))}, ${quoteLiteral(column)}), ${last})`),
    ],
  };
}

/** Everything at once. */
async function refuse(client: pg.ClientBase, tables: readonly TableRef[]): Promise<void> {
  const found = await textRows<'what'>(client, `
    SELECT DISTINCT format('the view or rule %s reads %s', r.ev_class::regclass, c.oid::regclass) AS what FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass JOIN ${CLASS} ON c.oid = d.refobjid WHERE ${IN} AND r.ev_class <> c.oid
    UNION ALL SELECT format('%s is partitioned, or a partition', c.oid::regclass) FROM ${CLASS} WHERE ${IN} AND (c.relkind = 'p' OR c.relispartition)
    UNION ALL SELECT format('%s has row policies', c.oid::regclass) FROM ${CLASS} WHERE ${IN} AND c.relrowsecurity
    UNION ALL SELECT format('%s has grants on columns', c.oid::regclass) FROM ${CLASS} WHERE ${IN} AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
    UNION ALL SELECT format('the publication %s names %s', p.pubname, c.oid::regclass) FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid JOIN ${CLASS} ON c.oid = pr.prrelid WHERE ${IN}`, names(tables));
  if (found.length === 0) return;
  throw new StranglerError({
    code: 'STR_SWAP_REFUSED', exitCode: ExitCode.no, message: `${tables.map(tableName).join(', ')} cannot be swapped: ${found.map(({ what }) => what).join('; ')}.`,
    remedy: 'Drop what is in the way and make it again after the swap; or replay in place, or `strangler replicate NAME --again TABLE`, which leave the tables where they are.',
  });
}
