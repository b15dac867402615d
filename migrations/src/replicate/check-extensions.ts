import { everyMap, copiedTo, type TableMap } from '../apply/table-map.ts';
import { textRows } from '../capture/connect.ts';
import { quoteName, tableName } from '../capture/table-ref.ts';
import type { MappedDatabases } from './check-transforms.ts';
import type { Add } from './findings.ts';

interface ExtendedColumn {
  readonly table: string;
  readonly column: string;
  readonly extension: string;
}

/** Columns whose type, or the type of their elements or below their domain, an extension made. */
const COLUMNS = `SELECT n.nspname || '.' || c.relname AS table, a.attname AS column, x.extname AS extension
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid IN (t.oid, t.typelem, t.typbasetype) AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    JOIN pg_extension x ON x.oid = d.refobjid
  WHERE n.nspname || '.' || c.relname = ANY ($1::text[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`;

/**
 * A target that lacks an extension cannot have the table, or has it without that column: the extension is what must be mended first, so it is named. A column that the
 * target keeps as another type (text reads every value) needs none.
 */
export async function checkExtensions({ source, target, maps, targets }: MappedDatabases, add: Add): Promise<void> {
  const columns: ExtendedColumn[] = await textRows<'table' | 'column' | 'extension'>(source, COLUMNS, [[...maps.keys()]]);
  if (columns.length === 0) return;
  const there = await textRows<'name' | 'installed'>(target, 'SELECT name, installed_version IS NOT NULL AS installed FROM pg_available_extensions');
  const installed = new Map(there.map((row) => [row.name, row.installed === 't']));
  const wanted = everyMap(maps).flatMap((map) => columns.filter((column) => column.table === tableName(map.source) && lacks(map, column.column, targets)));
  for (const [extension, where] of Map.groupBy(wanted, (column) => column.extension)) {
    if (installed.get(extension) === true) continue;
    const create = `CREATE EXTENSION ${quoteIfNeeded(extension)};`;
    add('error', 'STR_TARGET_EXTENSION_MISSING', 'target', `The target lacks the extension ${extension}, whose types the source uses in ${where.map(({ table, column }) => `${table}.${column}`).join(', ')}.`,
      installed.has(extension) ? create : `Install the package that brings ${extension} on the target's server, then ${create}`);
  }
}

function lacks(map: TableMap, column: string, targets: MappedDatabases['targets']): boolean {
  const into = copiedTo(map, column);
  return into !== undefined && targets.get(tableName(map.target))?.columns.has(into) !== true;
}

const quoteIfNeeded = (name: string): string => /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name);
