import type { Finding } from './errors.ts';
import type { ReplicationConfig } from './migration-config.ts';
import { predicateColumns, tableParts, templateParts, type CodeMap, type Predicate, type TablePart } from './table-mapping.ts';

/** What the shape of a mapping cannot say: targets that get in each other's way, and rows that could not be told apart. Every problem, in config order. */
export function checkTables(name: string, { tables }: ReplicationConfig): Finding[] {
  const parts = Object.entries(tables).flatMap(([table, mapping]) => tableParts(table, mapping).map((part, index) => ({
    ...part, table, at: `replication.${name}.tables.${table}${index === 0 ? '' : `.also.${String(index - 1)}`}`,
  })));
  return [...parts.flatMap(checkPart), ...[...Map.groupBy(parts, ({ into }) => qualified(into)).values()].flatMap(checkShared)];
}

type Part = TablePart & { readonly into: string; readonly key: readonly string[]; readonly table: string; readonly at: string };

function checkPart(part: Part): Finding[] {
  return [
    ...checkKeys(part),
    ...checkCodes(part),
    ...(part.where === undefined ? [] : checkPredicate(`${part.at}.where`, part.where)),
    ...checkAdds(part),
    ...Object.entries(part.compute ?? {}).flatMap(([column, computed]) => 'constant' in computed ? [] : checkTemplate(`${part.at}.compute.${column}`, 'text' in computed ? computed.text : computed.sql, 'text' in computed)),
  ];
}

function checkKeys({ at, key, columns = {}, compute = {}, discriminator = {} }: Part): Finding[] {
  const made = [...Object.keys(compute), ...Object.keys(discriminator)];
  const named = new Set(key.map((column) => columns[column] ?? column));
  return [
    ...made.filter((column) => named.has(column)).map((column) => problem(at, `${column} is made twice: from the key and by \`compute\` or \`discriminator\`.`, 'Leave one of them out.')),
    ...twice([...Object.values(columns), ...made]).filter((column) => !named.has(column)).map((column) => problem(at, `The target column ${column} is made twice.`, 'Leave one of them out.')),
  ];
}

const checkCodes = ({ at, key, omit = [], values = {} }: Part): Finding[] => Object.keys(values).flatMap((column) => [
  ...(key.includes(column) ? [problem(`${at}.values.${column}`, `A code map on the key column ${column}: two rows could become one.`, 'Translate it in a computed column of its own.')] : []),
  ...(omit.includes(column) ? [problem(`${at}.values.${column}`, `${column} is translated and omitted.`, 'Leave one of them out.')] : []),
]);

function checkAdds({ at, adds, where, discriminator }: Part): Finding[] {
  if (adds === undefined) return [];
  return [
    ...(where === undefined ? [] : [problem(`${at}.where`, 'A mapping that adds columns to rows of another cannot filter them.', 'Filter the mapping that makes the rows.')]),
    ...(discriminator === undefined ? [] : [problem(`${at}.discriminator`, 'A mapping that adds columns makes no rows to tell apart.', 'Leave the discriminator to the mapping that makes the rows.')]),
  ];
}

function checkTemplate(at: string, template: string, isText: boolean): Finding[] {
  const references = templateParts(template).filter((part) => typeof part !== 'string');
  if (references.length === 0 && isText) return [problem(at, 'It names no source column.', 'Write a column in braces, `{first_name} {last_name}`, or use `constant`.')];
  return isText ? references.filter(({ type }) => type !== undefined).map(({ column }) => problem(at, `{${column}:…}: a text takes the column as it is printed.`, 'Use `sql` to read it as a type.')) : [];
}

const ISO_DATE = /^-?\d{4,}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?$/;

/** Orders that are the same in this process and in a database: numbers, and ISO dates. */
function checkPredicate(at: string, predicate: Predicate): Finding[] {
  if ('and' in predicate) return predicate.and.flatMap((each) => checkPredicate(at, each));
  if ('or' in predicate) return predicate.or.flatMap((each) => checkPredicate(at, each));
  if ('not' in predicate) return checkPredicate(at, predicate.not);
  if (!['<', '<=', '>', '>='].includes(predicate.op) || !('value' in predicate) || typeof predicate.value !== 'string' || ISO_DATE.test(predicate.value)) return [];
  return [problem(at, `${predicate.column} ${predicate.op} '${predicate.value}': text sorts differently from server to server.`, 'Order by a number, or by a date or timestamp written as 2026-05-01 or 2026-05-01 12:00:00.')];
}

/** Several mappings into one target: each row must have one maker. */
function checkShared(parts: readonly Part[]): Finding[] {
  const [first] = parts;
  const makers = parts.filter(({ adds }) => adds === undefined);
  const adders = parts.filter(({ adds }) => adds !== undefined);
  const found: Finding[] = [];
  if (first === undefined || (parts.length === 1 && adders.length === 0)) return [];
  if (adders.length > 0 && makers.length !== 1) found.push(problem(first.at, `${first.into} has columns added by ${adders.map(({ table }) => table).join(', ')}, and ${String(makers.length)} mappings that make its rows; it needs one.`, 'Leave `adds` out of the one that makes the rows.'));
  const marks = makers.map(({ discriminator = {} }) => JSON.stringify(Object.entries(discriminator).sort()));
  const shapes = new Set(makers.map(({ discriminator = {} }) => Object.keys(discriminator).sort().join()));
  if (makers.length > 1 && (shapes.size > 1 || new Set(marks).size < marks.length || marks.includes('[]'))) {
    found.push(problem(first.at, `${makers.map(({ table }) => table).join(' and ')} both make rows of ${first.into}, and nothing tells them apart: equal keys would overwrite each other.`,
      'Give each a `discriminator`, a constant in the target\'s key that differs; or `adds: columns` where one only adds columns to the other\'s rows.'));
  }
  const filled = [...makers.slice(0, 1), ...adders].map((part) => Object.keys(part.compute ?? {}));
  return [...found, ...twice(filled.flat()).map((column) => problem(first.at, `The target column ${column} of ${first.into} is made twice.`, 'Leave one of them out.'))];
}

const twice = (names: readonly string[]): string[] => [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
const qualified = (table: string): string => table.includes('.') ? table : `public.${table}`;
const problem = (where: string, message: string, remedy: string): Finding => ({ code: 'STR_BAD_MAPPING', severity: 'error', where, message, remedy });

/**
 * Why a mapping has no way back: what its target makes of a row cannot be told from the target's row, or the old owner's table would have rows that nobody may write.
 * One reason per table; empty when the cut-over can be taken back. `back` is the replication the other way.
 */
export function oneWay({ tables }: ReplicationConfig, back: ReplicationConfig): { readonly table: string; readonly why: string }[] {
  return Object.entries(tables).flatMap(([table, mapping]) => {
    const into = mapping.into ?? table;
    const backwards = Object.entries(back.tables).find(([name]) => qualified(name) === qualified(into))?.[1];
    const why = mapping.also !== undefined ? 'its rows are split over several tables'
      : mapping.where !== undefined ? `only rows with (${predicateColumns(mapping.where).join(', ')}) are copied, and the fence would close the whole table`
      : mapping.adds !== undefined || mapping.discriminator !== undefined ? `its rows are merged with others in ${into}`
      : uninvertible(mapping, backwards);
    return why === undefined ? [] : [{ table, why }];
  });
}

function uninvertible({ compute = {}, columns = {}, values = {} }: TablePart, back: TablePart | undefined): string | undefined {
  const lost = Object.entries(compute).filter(([column, computed]) => !('constant' in computed) && back?.omit?.includes(column) !== true).map(([column]) => column);
  if (lost.length > 0) return `${lost.join(', ')} is computed, and the way back does not omit it`;
  return Object.entries(values).map(([column, codes]) => uninvertibleCodes(column, codes, back?.values?.[columns[column] ?? column])).find((why) => why !== undefined);
}

function uninvertibleCodes(column: string, { map, else: other = 'refuse' }: CodeMap, inverse: CodeMap | undefined): string | undefined {
  const images = Object.values(map);
  const blurred = images.includes(null) || other === null || new Set(images).size < images.length;
  // A code that is kept may look like what another one becomes.
  if (blurred || (other === 'keep' && images.some((image) => !Object.hasOwn(map, image ?? '')))) return `several codes of ${column} become one`;
  const turned = Object.entries(map).every(([code, image]) => inverse?.map[image ?? ''] === code);
  return turned ? undefined : `the way back does not translate the codes of ${column} back`;
}
