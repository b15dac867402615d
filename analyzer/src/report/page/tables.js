import { compare, h, plural } from './dom.js';
import { grid } from './grid.js';
import { chip, contextLink, counted, crumbs, empty, factList, head, tableLink, where } from './parts.js';
import { link } from './route.js';

/** @import { Facts, TableRow } from './facts.js' */
/** @import { Route } from './route.js' */

/**
 * Who owns, writes and reads each table.
 * @param {Facts} facts
 * @param {Route} route
 */
export function tablesView(facts, { parts: [name] }) {
  if (name !== undefined) return one(facts, name);
  const { tables } = facts.data;
  if (tables.length === 0) return h('div', {}, head('Table ownership'), empty('No table was found.'));
  const names = facts.data.contexts.map((context) => context.name).filter((context) => tables.some((table) => touches(table, context)));
  const outside = tables.some((table) => touches(table, 'shared')) ? [...names, 'shared'] : names;
  const rank = new Map(names.map((context, i) => [context, i]));
  // By owner: what is owned forms a diagonal, and what stands off it is what a cut would break.
  const rows = [...tables].sort((a, b) => (rank.get(a.owner ?? '') ?? 1e6) - (rank.get(b.owner ?? '') ?? 1e6) || compare(a.name, b.name));
  return h('div', {},
    head('Table ownership', ['Sorted by owner, so that ownership runs down the diagonal. What stands off the diagonal is what a boundary breaks. ',
      h('span.key', {}, h('span.mark.own', {}, 'O'), 'owns'), ' ', h('span.key', {}, h('span.mark.write', {}, 'W'), 'writes what another owns'), ' ', h('span.key', {}, h('span.mark.read', {}, 'r'), 'reads it')]),
    matrix(facts, rows, outside),
    h('h2', {}, 'The same as a list'), list(facts, rows));
}

/**
 * @param {TableRow} table
 * @param {string} name
 */
const touches = ({ owner, writers, readers }, name) => owner === name || [...writers, ...readers].some(({ context }) => context === name);

/**
 * @param {Facts} facts
 * @param {readonly TableRow[]} rows
 * @param {readonly string[]} names
 */
const matrix = (facts, rows, names) => h('div.matrix', {}, grid({
  label: 'Table ownership matrix', noun: 'table', rows, text: ({ name, owner }) => `${name} ${owner ?? ''}`,
  columns: [
    { title: 'Table', cell: ({ name }) => h('a', { href: link('tables', [name]) }, name), by: ({ name }) => name },
    ...names.map((name) => ({ title: name, kind: 'cell', cell: (/** @type {TableRow} */ table) => marks(table, name) })),
  ],
}));

/**
 * @param {TableRow} table
 * @param {string} name
 */
function marks({ owner, writers, readers }, name) {
  const places = (/** @type {TableRow['writers']} */ uses) => uses.find(({ context }) => context === name)?.places ?? 0;
  const [writes, reads] = [places(writers), places(readers)];
  return [
    owner === name && h('span.mark.own', { title: `${name} owns it: writes in ${plural(writes, 'place')}, reads in ${plural(reads, 'place')}` }, 'O'),
    owner !== name && writes > 0 && h('span.mark.write', { title: `${name} writes in ${plural(writes, 'place')}, reads in ${plural(reads, 'place')}` }, 'W'),
    owner !== name && writes === 0 && reads > 0 && h('span.mark.read', { title: `${name} reads in ${plural(reads, 'place')}` }, 'r'),
  ];
}

/**
 * @param {Facts} facts
 * @param {readonly TableRow[]} rows
 */
const list = (facts, rows) => grid({
  label: 'Tables and their owners', noun: 'table', rows,
  columns: [
    { title: 'Table', cell: ({ name }) => h('a', { href: link('tables', [name]) }, name), by: ({ name }) => name },
    { title: 'Owner', cell: ({ owner }) => contextLink(facts, owner), by: ({ owner }) => owner ?? '~' },
    { title: 'Others that write', cell: (table) => others(facts, table, table.writers), by: ({ owner, writers }) => -writers.filter(({ context }) => context !== owner).length },
    { title: 'Others that read', cell: (table) => others(facts, table, table.readers), by: ({ owner, readers }) => -readers.filter(({ context }) => context !== owner).length },
    { title: 'Remedy', cell: remedy },
  ],
});

/**
 * @param {Facts} facts
 * @param {TableRow} table
 * @param {TableRow['writers']} uses
 */
const others = (facts, { owner }, uses) => h('span.chips', {}, uses.filter(({ context }) => context !== owner).map(({ context, places }) => h('span', {}, contextLink(facts, context), h('span.muted', {}, ` ${places}`))));

/** @param {TableRow} table */
function remedy({ role, split }) {
  if (role === 'own') return undefined;
  if (role === 'reference') return 'Reference data: replicate it to its readers.';
  return split.length > 1 ? `Many writers: split it into ${split.map(({ name }) => name).join(', ')}.` : 'Many writers: leave it whole with its owner, and let the others send commands.';
}

const WHY = { written: 'written there', 'read only': 'read there alone', unclaimed: 'nobody was seen to touch it' };

/**
 * @param {Facts} facts
 * @param {TableRow} table
 */
const parts = (facts, { name, split }) => grid({ label: `Parts of ${name}`, noun: 'column', rows: split.flatMap((part) => part.because.map((each) => ({ ...each, part }))), text: ({ column, part }) => `${column} ${part.name}`, columns: [
  { title: 'Column', cell: ({ column }) => h('code', {}, column), by: ({ column }) => column }, { title: 'Goes to', cell: ({ part }) => h('code', {}, part.name), by: ({ part }) => part.name },
  { title: 'Of', cell: ({ part }) => contextLink(facts, part.context), by: ({ part }) => part.context }, { title: 'Because', cell: ({ why }) => WHY[why], by: ({ why }) => why },
  { title: 'Key', cell: ({ part }) => (part.key.length === 0 ? h('span.muted', {}, 'to be named') : h('code', {}, part.key.join(', '))) }, { title: 'Where', kind: 'place', cell: ({ evidence }) => evidence !== undefined && where(evidence), by: ({ evidence }) => evidence?.file ?? '' },
] });

/**
 * @param {Facts} facts
 * @param {string} name
 */
function one(facts, name) {
  const table = facts.tables.get(name);
  if (table === undefined) return h('div', {}, crumbs([['Tables', link('tables')]], name), head('No such table'), empty(`No table called ${name} was seen.`));
  const uses = facts.accessesOf().get(name) ?? [];
  const keys = facts.data.foreignKeys.filter(({ from, to }) => from.table === name || to.table === name);
  return h('div', {},
    crumbs([['Tables', link('tables')]], name),
    head(h('span', {}, name), undefined),
    factList([
      ['Owner', contextLink(facts, table.owner)],
      ['Writers', table.writers.length > 0 && h('span.chips', {}, table.writers.map(({ context }) => contextLink(facts, context)))],
      ['Readers', table.readers.length > 0 && h('span.chips', {}, table.readers.map(({ context }) => contextLink(facts, context)))],
      ['Remedy', remedy(table)],
      ['Columns', table.columns.length > 0 && h('code', {}, table.columns.join(', '))],
      ['Declared', table.declared ? 'by a migration or an entity' : 'nowhere seen: known from queries only'],
    ]),
    table.split.length > 1 && [h('h2', {}, 'What it is split into'), parts(facts, table)],
    counted('Reads and writes', uses.length),
    uses.length === 0 ? empty('No code touches it.') : grid({ label: `Reads and writes of ${name}`, noun: 'place', rows: uses, text: ({ module, by, mode, columns }) => `${module} ${by} ${mode} ${columns.join(' ')} ${facts.home.get(module) ?? 'shared'}`, columns: [
      { title: 'Context', cell: ({ module }) => contextLink(facts, facts.home.get(module)), by: ({ module }) => facts.home.get(module) ?? '~' },
      { title: 'Mode', cell: ({ mode, transaction }) => [chip(mode, mode), transaction !== undefined && [' ', chip('in a transaction', 'transaction')]], by: ({ mode }) => mode },
      { title: 'Function', cell: ({ by }) => h('code', {}, by), by: ({ by }) => by },
      { title: 'Columns', cell: ({ columns }) => h('span.muted', {}, columns.join(', ')) },
      { title: 'Where', kind: 'place', cell: ({ evidence }) => where(evidence), by: ({ evidence }) => evidence.file },
    ] }),
    keys.length > 0 && [counted('Foreign keys', keys.length), grid({ label: `Foreign keys of ${name}`, rows: keys, columns: [
      { title: 'From', cell: ({ from }) => [tableLink(from.table), ' ', h('code', {}, from.columns.join(', '))] }, { title: 'To', cell: ({ to }) => [tableLink(to.table), ' ', h('code', {}, to.columns.join(', '))] },
      { title: 'On delete', cell: ({ onDelete }) => onDelete ?? '' }, { title: 'Where', kind: 'place', cell: ({ evidence }) => where(evidence) },
    ] })]);
}
