import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExitCode, StranglerError } from '@strangler/kernel';
import knex, { type Knex } from 'knex';

/** `expand` adds what both owners need, any time before the cut-over; `contract` takes away what only the old one needed, when nobody goes back any more. */
export type SchemaPhase = 'expand' | 'contract';

export interface SchemaOptions {
  readonly url: string;
  /** `monolith` or a service: the folder of migrations. */
  readonly side: string;
  readonly phase: SchemaPhase;
  /** `down` undoes the phase's migrations, last first. */
  readonly direction: 'up' | 'down';
  /** The folder that holds one folder per side; default: this package's `schema/`. */
  readonly directory?: string;
  /** Without it nothing runs: the report says what would. */
  readonly execute: boolean;
}

export interface SchemaReport {
  /** File names, in the order in which they run. */
  readonly migrations: readonly string[];
  readonly executed: boolean;
}

/** A table of its own, beside the application's `knex_migrations`: knex refuses a history whose files it cannot see. */
const HISTORY = 'strangler_migrations';

/** Errors are thrown, and printed by whoever called: knex would print them a second time. */
const nothing = (): void => undefined;
const SILENT = { error: nothing, warn: nothing, debug: nothing, deprecate: nothing };

/**
 * Runs one phase of a database's split, each migration in its transaction. Never more than the phase: `migrate latest` would contract a database that has just
 * been expanded.
 * @throws StranglerError STR_NO_SCHEMA, STR_NOT_CUT_OVER (from a contract migration), STR_DATABASE_UNREACHABLE
 */
export async function migrateSchema(options: SchemaOptions): Promise<SchemaReport> {
  const directory = join(options.directory ?? resolve(import.meta.dirname, '../../schema'), options.side);
  const inPhase = (await files(directory, options.side)).filter((file) => file.includes(`_${options.phase}_`));
  const database = knex({ client: 'pg', connection: options.url, pool: { min: 0, max: 2 }, log: SILENT });
  try {
    const done = await history(database);
    const pending = options.direction === 'up' ? inPhase.filter((file) => !done.has(file)) : inPhase.filter((file) => done.has(file)).reverse();
    if (options.execute) await run(database, directory, pending, options.direction);
    return { migrations: pending, executed: options.execute };
  } finally {
    await database.destroy();
  }
}

async function run(database: Knex, directory: string, names: readonly string[], direction: 'up' | 'down'): Promise<void> {
  const config = { directory, tableName: HISTORY, loadExtensions: ['.ts'] };
  for (const name of names) await (direction === 'up' ? database.migrate.up({ ...config, name }) : database.migrate.down({ ...config, name }));
}

async function files(directory: string, side: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((file) => /^\d+_(expand|contract)_\w+\.ts$/.test(file)).sort();
  } catch (cause) {
    throw new StranglerError({ code: 'STR_NO_SCHEMA', cause, message: `There are no schema migrations for ${side}: ${directory} cannot be read.`, remedy: 'Write them as NNNN_expand_….ts and NNNN_contract_….ts, knex migrations with up and down.' });
  }
}

async function history(database: Knex): Promise<ReadonlySet<string>> {
  try {
    if (!await database.schema.hasTable(HISTORY)) return new Set();
    return new Set((await database<{ name: string }>(HISTORY).select('name')).map(({ name }) => name));
  } catch (cause) {
    throw new StranglerError({ code: 'STR_DATABASE_UNREACHABLE', cause, exitCode: ExitCode.environment, message: `The database cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, remedy: 'Check that it runs and that the URL is right; `strangler doctor` tries each database.' });
  }
}
