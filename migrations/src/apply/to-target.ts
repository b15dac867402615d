import { computedFrom, ExitCode, StranglerError, templateParts, type CodeMap, type Computed } from '@strangler/kernel';
import type { ChangeEvent, ColumnText, RowText } from '../capture/change-event.ts';
import { arrayLiteral } from '../capture/array-literal.ts';
import { tableName } from '../capture/table-ref.ts';
import { ColumnUnknown, matches } from './predicate.ts';
import type { TableMap, TableMaps, TargetChange } from './table-map.ts';

const NONE: readonly TableMap[] = [];

/** The event as the target should see it: nothing when its table is not replicated, several changes when its rows are split. @throws StranglerError STR_ROW_UNTRANSLATABLE */
export function toTarget(event: ChangeEvent, maps: TableMaps): TargetChange[] {
  const mine = maps.get(tableName(event)) ?? NONE;
  const [only] = mine;
  return mine.length === 1 && only?.plain === true ? [plainChange(event, only)] : mine.flatMap((map) => map.plain ? [plainChange(event, map)] : changesOf(event, map));
}

function plainChange(event: ChangeEvent, map: TableMap): TargetChange {
  switch (event.op) {
    case 'snapshot-read': return { into: map, op: 'insert', row: rename(event.after, map), from: 'snapshot' };
    case 'create': return { into: map, op: 'insert', row: rename(event.after, map), from: 'stream' };
    case 'delete': return { into: map, op: 'delete', keyBefore: rename(event.keyBefore, map) };
    case 'truncate': return { into: map, op: 'truncate' };
    case 'update': return updateOf(event, map, rename(event.after, map), (key) => rename(key, map));
  }
}

function updateOf(event: Extract<ChangeEvent, { op: 'update' }>, map: TableMap, row: RowText, keyOf: (key: RowText) => RowText): TargetChange {
  const whole = event.unchanged === undefined;
  return event.keyBefore === undefined ? { into: map, op: 'update', row, whole } : { into: map, op: 'move', row, whole, keyBefore: keyOf(event.keyBefore) };
}

function rename(row: RowText, { renamed, omit }: TableMap): RowText {
  if (renamed.size === 0 && omit.size === 0) return row;
  const mapped: Record<string, ColumnText> = {};
  for (const [column, value] of Object.entries(row)) if (!omit.has(column)) mapped[renamed.get(column) ?? column] = value;
  return mapped;
}

function changesOf(event: ChangeEvent, map: TableMap): TargetChange[] {
  if (event.op === 'truncate') return [{ into: map, op: 'truncate' }];
  if (map.added !== undefined) return additions(event, map, map.added);
  if (event.op === 'delete') return [{ into: map, op: 'delete', keyBefore: keyRow(event.keyBefore, map) }];
  if (map.where !== undefined) return filtered(event, map, map.where);
  const row = translate(event, map);
  if (event.op !== 'update') return [{ into: map, op: 'insert', row, from: event.op === 'create' ? 'stream' : 'snapshot' }];
  return [updateOf(event, map, row, (key) => keyRow(key, map))];
}

type Written = Extract<ChangeEvent, { after: RowText }>;

/** Whether the row was in the target before is not known, and need not be: it is put there, or taken away, by its key. */
function filtered(event: Written, map: TableMap, where: NonNullable<TableMap['where']>): TargetChange[] {
  const isIn = inFilter(event, map, where);
  if (event.op !== 'update') return isIn ? [{ into: map, op: 'insert', row: translate(event, map), from: event.op === 'create' ? 'stream' : 'snapshot' }] : [];
  const before = keyRow(event.keyBefore ?? event.after, map);
  if (!isIn) return [{ into: map, op: 'delete', keyBefore: before }];
  if (event.unchanged !== undefined) throw incomplete(event, map, event.unchanged);
  const upsert: TargetChange = { into: map, op: 'upsert', row: translate(event, map) };
  return event.keyBefore === undefined ? [upsert] : [{ into: map, op: 'delete', keyBefore: before }, upsert];
}

function inFilter(event: Written, map: TableMap, where: NonNullable<TableMap['where']>): boolean {
  try {
    return matches(where, event.after);
  } catch (error) {
    throw error instanceof ColumnUnknown ? incomplete(event, map, [error.column]) : untranslatable(event, map, (error as Error).message);
  }
}

/** Rows of one table as columns of another's. */
function additions(event: Exclude<ChangeEvent, { op: 'truncate' }>, map: TableMap, added: readonly string[]): TargetChange[] {
  const clear = (key: RowText): TargetChange => ({ into: map, op: 'clear', row: { ...keyRow(key, map), ...Object.fromEntries(added.map((column) => [column, null])) } });
  if (event.op === 'delete') return [clear(event.keyBefore)];
  const row = translate(event, map);
  if (event.op !== 'update') return [{ into: map, op: 'upsert', row }];
  if (event.keyBefore === undefined) return [event.unchanged === undefined ? { into: map, op: 'upsert', row } : { into: map, op: 'update', row, whole: false }];
  if (event.unchanged !== undefined) throw incomplete(event, map, event.unchanged);
  return [clear(event.keyBefore), { into: map, op: 'upsert', row }];
}

function keyRow(row: RowText, { sourceKey, renamed, discriminator }: TableMap): RowText {
  return { ...Object.fromEntries(sourceKey.map((column) => [renamed.get(column) ?? column, row[column] ?? null])), ...discriminator };
}

/** The row in the target's columns: renamed, codes translated, computed columns made. What the event left out stays left out. */
function translate(event: Written, map: TableMap): RowText {
  const row: Record<string, ColumnText> = { ...map.discriminator };
  for (const [column, value] of Object.entries(event.after)) {
    if (map.omit.has(column) || map.only?.has(column) === false) continue;
    const codes = map.values[column];
    row[map.renamed.get(column) ?? column] = codes === undefined ? value : decode(value, codes, column, event, map);
  }
  for (const [column, computed] of Object.entries(map.compute)) {
    const value = compute(computed, event, map);
    if (value !== undefined) row[column] = value;
  }
  return row;
}

function decode(value: ColumnText, { map: codes, else: other = 'refuse' }: CodeMap, column: string, event: Written, map: TableMap): ColumnText {
  if (value === null) return null;
  const known = codes[value];
  if (known !== undefined) return known;
  if (other !== 'refuse') return other === 'keep' ? value : null;
  throw untranslatable(event, map, `${column} is '${value}', which its code map does not name`);
}

/** Undefined when nothing it is made of is in the event: then it has not changed either. */
function compute(computed: Computed, event: Written, map: TableMap): ColumnText | undefined {
  if ('constant' in computed) return computed.constant;
  const columns = computedFrom(computed);
  const unchanged = event.op === 'update' ? event.unchanged ?? [] : [];
  if (columns.length > 0 && columns.every((column) => unchanged.includes(column))) return undefined;
  const inputs = columns.map((column): ColumnText => {
    const value = event.after[column];
    if (value !== undefined) return value;
    throw unchanged.includes(column) ? incomplete(event, map, [column]) : untranslatable(event, map, `the source no longer has the column ${column}`);
  });
  if ('sql' in computed) return arrayLiteral(inputs);
  return inputs.includes(null) ? null : templateParts(computed.text).map((part) => typeof part === 'string' ? part : event.after[part.column] ?? '').join('');
}

function untranslatable(event: Written, { source, sourceKey, target }: TableMap, why: string): StranglerError {
  const key = sourceKey.map((column) => `${column} = ${event.after[column] ?? 'NULL'}`).join(', ');
  return new StranglerError({
    code: 'STR_ROW_UNTRANSLATABLE', exitCode: ExitCode.environment,
    message: `${tableName(source)} (${key}) has no row in ${tableName(target)} to become: ${why}.`,
    remedy: 'Nothing was skipped. Mend the mapping in the config and start again: it goes on with this transaction.',
  });
}

const incomplete = (event: Written, map: TableMap, columns: readonly string[]): StranglerError =>
  untranslatable(event, map, `the event does not hold ${columns.join(', ')} (a large value that did not change), and the mapping needs it; ALTER TABLE … REPLICA IDENTITY FULL on the source makes later events whole`);
