import type { ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { readDebeziumTypes } from '../capture/debezium-types.ts';
import { capturedTables, tableName } from '../capture/table-ref.ts';
import type { Add } from './findings.ts';

/** Values that Debezium changes or drops would be wrong in the target without anybody being told. */
export async function checkDebezium(source: pg.ClientBase, mapping: ReplicationConfig, add: Add): Promise<void> {
  // Debezium 3.6 stops at the first change of such a table ("Unexpected input").
  for (const { ref } of capturedTables(mapping).values()) {
    if (tableName(ref).includes('"')) add('error', 'STR_DEBEZIUM_NAME', tableName(ref), `Debezium cannot read ${tableName(ref)}: its name holds a double quote.`, "Rename the table, or read the WAL without Debezium (log: 'embedded').");
  }
  const { lossy } = await readDebeziumTypes(source, capturedTables(mapping));
  for (const { table, column, why, remedy } of lossy) add('error', 'STR_DEBEZIUM_LOSSY', `${table}.${column}`, `Debezium cannot carry ${table}.${column} exactly: ${why}.`, remedy);
}
