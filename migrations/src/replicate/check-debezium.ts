import type { ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import { readDebeziumTypes } from '../capture/debezium-types.ts';
import { capturedTables } from '../capture/table-ref.ts';
import type { Add } from './findings.ts';

/** Values that Debezium changes or drops would be wrong in the target without anybody being told. */
export async function checkDebezium(source: pg.ClientBase, mapping: ReplicationConfig, add: Add): Promise<void> {
  const { lossy } = await readDebeziumTypes(source, capturedTables(mapping));
  for (const { table, column, why, remedy } of lossy) add('error', 'STR_DEBEZIUM_LOSSY', `${table}.${column}`, `Debezium cannot carry ${table}.${column} exactly: ${why}.`, remedy);
}
