import type { PrismaColumns, PrismaRelations } from '../tables/prisma.ts';
import type { SchemaDraft } from './drafts.ts';

export interface PrismaModel {
  readonly name: string;
  readonly table: string;
  readonly line: number;
}

export interface PrismaSchema {
  readonly models: readonly PrismaModel[];
  readonly relations: PrismaRelations;
  readonly columns: PrismaColumns;
}

interface Field { readonly name: string; readonly type: string; readonly rest: string; readonly line: number }
interface Block { readonly name: string; readonly line: number; readonly fields: readonly Field[]; readonly table: string }

/** Reads `schema.prisma`: models, their table names, columns and foreign keys. */
export const readPrismaSchema = (path: string, text: string, schema: SchemaDraft): PrismaSchema => {
  const blocks = blocksOf(text);
  const byName = new Map(blocks.map((block) => [block.name, block]));
  const relations = new Map<string, ReadonlyMap<string, string>>();
  for (const block of blocks) schema.create(block.table, { file: path, line: block.line });
  for (const block of blocks) {
    const related = new Map<string, string>();
    for (const field of block.fields) {
      const other = byName.get(field.type);
      if (other === undefined) schema.column(block.table, /@map\("([^"]+)"\)/.exec(field.rest)?.[1] ?? field.name);
      else {
        related.set(field.name, other.name);
        noteKey(path, block, field, other, schema);
      }
    }
    relations.set(block.name, related);
  }
  return { models: blocks, relations, columns: new Map(blocks.map((block) => [block.name, columnsOf(block, byName)])) };
};

/** Fields that are columns, with the names they have in the database. */
const columnsOf = (block: Block, byName: ReadonlyMap<string, Block>): ReadonlyMap<string, string> =>
  new Map(block.fields.filter(({ type }) => !byName.has(type)).map(({ name }) => [name, columnOf(block, name)]));

const noteKey = (path: string, block: Block, field: Field, other: Block, schema: SchemaDraft): void => {
  const list = (name: string, of: Block): string[] => (new RegExp(`${name}:\\s*\\[([^\\]]*)\\]`).exec(field.rest)?.[1] ?? '').split(',').map((one) => columnOf(of, one.trim())).filter((one) => one !== '');
  const columns = list('fields', block);
  if (columns.length === 0) return;
  const onDelete = /onDelete:\s*(\w+)/.exec(field.rest)?.[1];
  schema.foreignKey({
    from: { table: block.table, columns }, to: { table: other.table, columns: list('references', other) }, evidence: { file: path, line: field.line },
    ...(onDelete === undefined ? {} : { onDelete: onDelete.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase() }),
  });
};

const columnOf = (block: Block, field: string): string => {
  const found = block.fields.find(({ name }) => name === field);
  return found === undefined ? field : /@map\("([^"]+)"\)/.exec(found.rest)?.[1] ?? field;
};

const blocksOf = (text: string): Block[] => {
  const blocks: Block[] = [];
  let open: { name: string; line: number; fields: Field[]; table: string } | undefined;
  for (const [position, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\/\/.*$/, '').trim();
    const start = /^(?:model|view)\s+(\w+)\s*\{/.exec(line);
    if (start?.[1] !== undefined) open = { name: start[1], line: position + 1, fields: [], table: start[1] };
    else if (line === '}' && open !== undefined) {
      blocks.push(open);
      open = undefined;
    } else if (open !== undefined) takeLine(open, line, position + 1);
  }
  return blocks;
};

const takeLine = (open: { fields: Field[]; table: string }, line: string, at: number): void => {
  const mapped = /^@@map\((?:name:\s*)?"([^"]+)"\)/.exec(line)?.[1];
  if (mapped !== undefined) open.table = mapped;
  const field = /^(\w+)\s+(\w+)(?:\[\]|\?)*\s*(.*)$/.exec(line);
  if (field?.[1] !== undefined && field[2] !== undefined) open.fields.push({ name: field[1], type: field[2], rest: field[3] ?? '', line: at });
};
