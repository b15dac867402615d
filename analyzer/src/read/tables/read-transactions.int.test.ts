import { describe, expect, test } from '@jest/globals';
import { readText } from '../../../test/read-text.ts';

const KNEX = "import knex from 'knex'; export const db = knex({});\n";

/** Table writes and reads by the line on which their transaction is opened; 0 for none. */
const inside = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  const { accesses } = await readText(files);
  return accesses.map(({ mode, table, transaction }) => `${transaction?.split(':')[1] ?? '0'} ${mode} ${table}`).sort();
};

describe('what runs inside a transaction', () => {
  test('it goes with the name that is handed on, however deep, and not with what is called beside it', async () => {
    expect(await inside({
      'db.ts': KNEX, 'stock.ts': "import { db } from './db'; export async function take(items, t) { await log(); return Promise.all(items.map((one) => lower(one, { by: t }))); }\nconst lower = (one, { by }) => by('stock').where({ id: 1 }).decrement('left');\nconst log = () => db('logs').insert({});",
      'app.ts': "import { db } from './db';\nimport { take } from './stock';\nexport const order = () => db.transaction(async (t) => {\n  await t('orders').insert({}); await take([1], t); });",
    })).toEqual(['0 write logs', '3 write orders', '3 write stock']);
  });

  test('functions of the project that run what they are given inside one open it for their callers', async () => {
    expect(await inside({
      'db.ts': `${KNEX}export const guarded = (work) => db.transaction((t) => work(t));\nexport async function twice(times, work) { return guarded(work); }\nexport async function byHand(work) { const t = await db.transaction(); const done = await work(t); await t.commit(); return done; }`,
      'app.ts': "import { twice, byHand } from './db';\nexport const a = () => twice(2, async (t) => t('films').insert({}));\nexport const b = () => byHand((t) => t('halls').insert({}));\nexport const c = () => twice(2, shows);\nfunction shows(t) { return t('shows').insert({}); }",
    })).toEqual(['2 write films', '3 write halls', '4 write shows']);
  });

  test('a service or a repository made for the transaction carries it in itself', async () => {
    expect(await inside({
      'films.ts': "export class Films { constructor(private readonly db) {}\n add() { return this.db('films').insert({}).then(() => this.count()); }\n count() { return this.db('counts').increment('films'); } }",
      'uow.ts': `${KNEX}import { Films } from './films';\nexport const transactional = <T>(work: (films: Films) => Promise<T>): Promise<T> => db.transaction((t) => work(new Films(t)));`,
      'app.ts': "import { transactional } from './uow';\nexport const add = () => transactional((films) => films.add());",
    })).toEqual(['2 write counts', '2 write films']);
  });

  test('a transaction of the surroundings holds for all that is called', async () => {
    expect(await inside({
      'app.ts': "import { Transactional } from 'typeorm-transactional';\n@Entity() export class Film {}\nexport class Films { constructor(@InjectRepository(Film) private films: Repository<Film>) {}\n  @Transactional()\n  async add() { await this.store(); }\n  private store() { return this.films.save({}); }\n  list() { return this.films.find(); } }",
    })).toEqual(['0 read film', '4 write film']);
  });

  test('queries of a list, begun by hand, and by a session', async () => {
    expect(await inside({
      'schema.prisma': 'model Film { id Int @id }\nmodel Hall { id Int @id }\nmodel Show { id Int @id }',
      'app.ts': "import { pool, prisma } from './x';\nexport const a = () => { const one = prisma.hall.create({ data: {} });\n return prisma.$transaction([prisma.film.create({ data: {} }), one]); };\nexport const b = async () => { const client = await pool.connect();\n await client.query('BEGIN'); await write(client); };\nconst write = (c) => c.query('INSERT INTO logs (a) VALUES (1)');\nexport const c = () => prisma.show.findMany();",
    })).toEqual(['0 read Show', '3 write Film', '3 write Hall', '5 write logs']);
  });

  test("TypeORM's manager in a closure and its runner begun by hand", async () => {
    expect(await inside({
      'app.ts': "import { Entity, DataSource } from 'typeorm';\n@Entity('films') export class Film {}\nexport class Desk { constructor(private readonly dataSource: DataSource) {}\n a() { return this.dataSource.transaction(async (manager) => { await manager.save(Film, {}); }); }\n async b() { const runner = this.dataSource.createQueryRunner(); await runner.startTransaction();\n  await runner.manager.insert(Film, {}); await runner.query('DELETE FROM shows WHERE id = 1'); await runner.commitTransaction(); }\n c() { return this.dataSource.getRepository(Film).find(); } }",
    })).toEqual(['0 read films', '4 write films', '5 write films', '5 write shows']);
  });

  test("Sequelize's in a closure and by hand, handed on in options", async () => {
    expect(await inside({
      'app.js': "const { Sequelize } = require('sequelize'); const sequelize = new Sequelize('');\nconst Visit = sequelize.define('Visit', {}, { tableName: 'visits' }); const Bill = sequelize.define('Bill', {}, { tableName: 'bills' });\nexports.a = () => sequelize.transaction(async (t) => { await Visit.create({}, { transaction: t }); await bill(t); });\nconst bill = (t) => Bill.update({}, { where: { id: 1 }, transaction: t });\nexports.b = async () => { const t = await sequelize.transaction(); await Visit.destroy({ where: { id: 1 }, transaction: t }); await t.commit(); };\nexports.c = () => Bill.count();",
    })).toEqual(['0 read bills', '3 write bills', '3 write visits', '5 write visits']);
  });

  test("a session of Mongoose, around a closure and begun by hand", async () => {
    expect(await inside({
      'app.js': "const mongoose = require('mongoose'); const Seat = mongoose.model('Seat', new mongoose.Schema({}));\nexports.a = async () => { const session = await mongoose.startSession(); await session.withTransaction(async () => { await free(session); }); };\nconst free = (session) => Seat.updateOne({ row: 1 }, {}, { session });\nexports.b = async () => { const session = await mongoose.startSession(); session.startTransaction(); await Seat.deleteOne({ row: 2 }).session(session); };\nexports.c = () => Seat.find();",
    })).toEqual(['0 read seats', '2 write seats', '4 write seats']);
  });

  test("Prisma's in a closure, with the client that is handed on", async () => {
    expect(await inside({
      'schema.prisma': 'model Book {\n id Int @id\n}\nmodel Loan {\n id Int @id\n}',
      'app.ts': "import { PrismaClient } from '@prisma/client'; const prisma = new PrismaClient();\nexport const a = () => prisma.$transaction(async (tx) => { await tx.book.count(); await lend(tx); });\nconst lend = (db) => db.loan.create({ data: {} });\nexport const b = () => prisma.loan.count();",
    })).toEqual(['0 read Loan', '2 read Book', '2 write Loan']);
  });
});
