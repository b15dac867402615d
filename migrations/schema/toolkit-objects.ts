import type { Knex } from 'knex';
import { FENCE_FUNCTION } from '../src/cutover/fence.ts';

/**
 * What the toolkit keeps in a database that takes part: the fence's function and Debezium's signal table (columns as its documentation prescribes). Created ahead,
 * so that the role that replicates and cuts over needs no right to create a schema.
 */
export async function createToolkitObjects(knex: Knex): Promise<void> {
  await knex.raw('CREATE SCHEMA IF NOT EXISTS strangler');
  await knex.raw(FENCE_FUNCTION);
  await knex.schema.withSchema('strangler').createTable('debezium_signal', (table) => {
    table.string('id', 42).primary();
    table.string('type', 32).notNullable();
    table.string('data', 2048);
  });
}

/** Leaves the schema itself: replication keeps its checkpoints there. A fence that is still up keeps its function, and this fails rather than open the tables. */
export async function dropToolkitObjects(knex: Knex): Promise<void> {
  await knex.schema.withSchema('strangler').dropTable('debezium_signal');
  await knex.raw('DROP FUNCTION strangler.refuse_write()');
}
