import { HOLE, each, type Value } from '../interpret/values.ts';

const NAME = /^"?[A-Za-z_][\w$]*"?(?:\."?[A-Za-z_][\w$]*"?){0,2}$/;

/** Words that no database takes for a table unless quoted. */
const RESERVED = /^(?:select|from|where|insert|into|update|delete|set|table|values|null|true|false|and|or|not|join|on|as|with|having|limit|offset|union|distinct)$/i;

/** `orders as o`, `public.orders`, `"Orders"` → the name the database knows. Undefined when it cannot be a table. */
export const tableName = (written: string): string | undefined => {
  const bare = written.trim().replace(/\s+(?:as\s+)?"?\w+"?$/i, '').replaceAll('`', '"');
  if (!NAME.test(bare) || RESERVED.test(bare)) return undefined;
  const parts = bare.split('.').map((part) => (part.startsWith('"') ? part.slice(1, -1) : part));
  return (parts.length > 1 && (parts[0] === 'public' || parts[0] === 'dbo') ? parts.slice(1) : parts).join('.');
};

/** Table names a value may stand for: a text, an alias map `{ o: 'orders' }`, a list of either. */
export const tableNames = (value: Value): string[] => each(value).flatMap((one): string[] => {
  if (one.kind === 'text') return one.text.includes(HOLE) ? [] : [tableName(one.text) ?? []].flat();
  if (one.kind === 'object') return [...one.properties.values()].flatMap(tableNames);
  return one.kind === 'list' ? one.items.flatMap(tableNames) : [];
});

export const snakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2').toLowerCase();

/** English enough for the names ORMs make: category → categories, address → addresses, child → children. */
export const plural = (name: string): string => {
  if (/(?:children|people|media|data|series|news|info|equipment|[^s]s)$/i.test(name) && !/(?:us|is|as)$/i.test(name)) return name;
  if (/person$/i.test(name)) return name.replace(/person$/i, (match) => (match.startsWith('P') ? 'People' : 'people'));
  if (/child$/i.test(name)) return `${name}ren`;
  if (/[^aeiou]y$/i.test(name)) return `${name.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/i.test(name) ? `${name}es` : `${name}s`;
};
