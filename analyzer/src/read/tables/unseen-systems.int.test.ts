import { describe, expect, test } from '@jest/globals';
import { readText } from '../../../test/read-text.ts';

const touched = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).accesses.map(({ mode, table, evidence: { line } }) => `${String(line)} ${mode} ${table}`);
const gaps = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).unresolved.filter(({ kind }) => kind === 'query').map(({ what, why, evidence: { line } }) => `${String(line)} ${what}: ${why}`);

const CHOSEN = 'the table is chosen at run time';

describe('tables named by a class that only a container makes', () => {
  const file = (body: string): Readonly<Record<string, string>> => ({ 'films.ts': `import { Knex } from 'knex';\n@injectable()\nexport class Films {\n${body}\n}` });

  test('in a field, or set in the constructor', async () => {
    expect(await touched(file("  private readonly tableName = 'films';\n  constructor(private readonly database: Database) { this.halls = 'halls'; }\n  all() { return this.database.knex(this.tableName).select('*'); }\n  close() { return this.database.knex(this.halls).where({ id: 1 }).del(); }")))
      .toEqual(['6 read films', '7 write halls']);
  });

  test('by a method that puts a name together: which one is not known, and said', async () => {
    expect(await gaps(file('  private tableOf(year) { return `shows_${year}`; }\n  all(year) { return this.database.knex(this.tableOf(year)).select("*").where({ open: true }); }'))).toEqual([`5 this.tableOf(year): ${CHOSEN}`]);
  });
});

describe('builders kept in variables', () => {
  const app = (body: string): Readonly<Record<string, string>> => ({ 'app.ts': `import knex from 'knex'; const db = knex({});\n${body}` });

  test('a statement put into a builder that is returned is all that runs', async () => {
    expect(await touched(app("export const keep = (film, isNew) => {\n  const query = db('films');\n  if (isNew) query.insert(film);\n  else query.where({ id: film.id }).update(film);\n  return query; };"))).toEqual(['4 write films', '5 write films']);
  });

  test('one that is asked for its first row after all reads', async () => {
    expect(await touched(app("export const find = (id) => {\n  const query = db('films');\n  query.where({ id }).update({ seen: 1 });\n  return query.first(); };"))).toContain('3 read films');
  });

  test('a table that is a parameter of the function is said to be chosen at run time, also in a closure', async () => {
    expect(await gaps(app("export const all = (table) => db.with('some', (films) => {\n  films.select('*').from(table); }).select('*').from('some');\nexport class Rows { one(name) { return this.knex(name); } }"))).toEqual([`3 table: ${CHOSEN}`, `4 name: ${CHOSEN}`]);
  });
});

describe('statements of other databases', () => {
  test("handed to a project's own function in an object or a variable", async () => {
    expect(await touched({
      'app.ts': "import { queryColumns } from './columns';\nexport const a = (id) => { const query = `SELECT s.seat FROM seats s FINAL LEFT JOIN shows t ON t.id = s.show WHERE s.id = {id: String} ORDER BY s.at LIMIT 1 BY s.id, s.show`;\n  return queryColumns({ query, params: { id } }); };\nexport const b = () => { const sql = 'SELECT film FROM tickets'; return runSql2(sql); };",
    })).toEqual(['3 read seats', '3 read shows', '4 read tickets']);
  });

  test('returned with a table that is not known here', async () => {
    expect(await gaps({ 'app.ts': 'export class Sum { constructor(private readonly table: string) {}\n  max() { return `SELECT MAX(seats.value) AS value FROM ${this.table}, seats WHERE seats.id = 1`; } }\nexport const run = (db, sum: Sum) => db.query(sum.max());' }))
      .toContain('2 SELECT MAX(seats.value) AS value FROM ${…}, seats WHERE seats.id = 1: a table is chosen at run time');
  });
});

test("an update with Sequelize's options on something nobody knows is listed", async () => {
  expect(await gaps({
    'films.ts': "import { Sequelize, DataTypes } from 'sequelize'; const sequelize = new Sequelize('');\nexport const Film = sequelize.define('Film', {}, { tableName: 'films' });",
    'app.ts': 'export const pay = async (transaction, shown) => {\n  await shown.update({ paid: true }, { transaction }); };',
  })).toEqual(['2 shown.update: which table `shown` stands for could not be told']);
});

test("columns of Prisma's models, by their names in the database, each with its table", async () => {
  const { accesses } = await readText({
    'schema.prisma': 'model Book {\n id Int @id\n title String @map("book_title")\n shelf Int\n loans Loan[]\n}\nmodel Loan {\n id Int @id\n bookId Int @map("book_id")\n reader String\n book Book @relation(fields: [bookId], references: [id])\n}',
    'app.ts': "import { PrismaClient } from '@prisma/client'; const prisma = new PrismaClient();\nexport const a = () => prisma.book.findMany({ where: { OR: [{ title: 'Emma' }, { loans: { some: { reader: 'Jane' } } }] }, select: { id: true } });\nexport const b = () => prisma.loan.update({ where: { id: 1 }, data: { bookId: 2 } });",
  });
  expect(accesses.map(({ evidence: { line }, mode, table, columns }) => `${String(line)} ${mode} ${table}: ${columns.join(', ')}`))
    .toEqual(['2 read Book: book_title, id', '2 read Loan: reader', '3 write Loan: book_id, id']);
});
