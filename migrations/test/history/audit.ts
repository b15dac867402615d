import type pg from 'pg';

/**
 * What both databases write down about themselves, by triggers and nothing else. On the source a line is written inside the transaction that makes the change, while
 * the row is locked, so the lines of one row are numbered in the order of its changes; on the target the same trigger fires for replicated rows too (ENABLE ALWAYS).
 * Every source transaction inserts one row into `ledger`: its name, by which it is found again on the other side.
 */
const AUDIT = `
CREATE SCHEMA IF NOT EXISTS audit;
CREATE TABLE audit.change (id bigserial PRIMARY KEY, tx xid8 NOT NULL DEFAULT pg_current_xact_id(), tab text NOT NULL, key text NOT NULL, op text NOT NULL, row text);
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $note$
DECLARE
  before text; after text;
BEGIN
  IF TG_OP <> 'INSERT' THEN EXECUTE format('SELECT %s', TG_ARGV[0]) USING OLD INTO before; END IF;
  IF TG_OP <> 'DELETE' THEN EXECUTE format('SELECT %s', TG_ARGV[0]) USING NEW INTO after; END IF;
  IF before IS NOT NULL AND before IS DISTINCT FROM after THEN
    INSERT INTO audit.change (tab, key, op, row) VALUES (TG_TABLE_NAME, before, TG_OP, NULL);
  END IF;
  IF after IS NOT NULL THEN
    INSERT INTO audit.change (tab, key, op, row) VALUES (TG_TABLE_NAME, after, TG_OP, md5(NEW::text));
  END IF;
  RETURN NULL;
END
$note$;`;

/** Key columns of each table that is watched. */
export type Watched = Readonly<Record<string, readonly string[]>>;

const LEDGER = 'CREATE TABLE IF NOT EXISTS ledger (writer int NOT NULL, seq int NOT NULL, note text, PRIMARY KEY (writer, seq))';
export const LEDGER_TABLE = 'ledger';
export const LEDGER_KEY: readonly string[] = ['writer', 'seq'];

/** Creates the ledger and watches it and `tables`. To be called on both sides before anything is written. */
export async function watch(client: pg.ClientBase, tables: Watched): Promise<void> {
  await client.query(`${LEDGER}; ${AUDIT}`);
  for (const [table, key] of Object.entries({ ...tables, [LEDGER_TABLE]: LEDGER_KEY })) {
    const text = key.map((column) => `($1).${column}::text`).join(` || '/' || `);
    await client.query(`CREATE TRIGGER audit_note AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION audit.note(${literal(text)});
      ALTER TABLE ${table} ENABLE ALWAYS TRIGGER audit_note`);
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
