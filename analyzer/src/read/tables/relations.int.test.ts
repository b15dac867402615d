import { describe, expect, test } from '@jest/globals';
import { readText } from '../../../test/read-text.ts';

const touched = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).accesses.map(({ mode, table, evidence: { file, line } }) => `${file}:${String(line)} ${mode} ${table}`);
const gaps = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).unresolved.filter(({ kind }) => kind === 'query').map(({ what, evidence: { line } }) => `${String(line)} ${what}`);

const PRISMA = 'model Film {\n id Int @id\n hallId Int\n hall Hall @relation(fields: [hallId], references: [id])\n tickets Ticket[]\n}\nmodel Hall {\n id Int @id\n films Film[]\n seats Seat[]\n}\nmodel Seat {\n id Int @id\n hall Hall @relation(fields: [hallId], references: [id])\n hallId Int\n}\nmodel Ticket {\n id Int @id\n film Film @relation(fields: [filmId], references: [id])\n filmId Int\n}\n';

describe('relations in the options of Prisma', () => {
  test('are followed into counts, choices and filters on lists', async () => {
    expect(await touched({
      'prisma/schema.prisma': PRISMA,
      'app.ts': "export const a = () => prisma.hall.findMany({ select: { _count: { select: { films: true } } } });\nexport const b = (x) => prisma.film.update({ where: { id: 1 }, data: { tickets: x ? { create: [] } : undefined } });\nexport const c = () => prisma.film.count({ where: { hall: { is: { seats: { some: { id: 1 } } } } } });",
    })).toEqual(['app.ts:1 read Film', 'app.ts:1 read Hall', 'app.ts:2 write Film', 'app.ts:2 write Ticket', 'app.ts:3 read Film', 'app.ts:3 read Hall', 'app.ts:3 read Seat']);
  });

  test('count where another file builds the filter, and when it is filled in later', async () => {
    expect(await touched({
      'prisma/schema.prisma': PRISMA,
      'filter.ts': 'export const inHall = (seat: number) => ({ hall: { seats: { some: { id: seat } } } });',
      'app.ts': "import { inHall } from './filter';\nexport const a = () => prisma.film.findMany({ where: inHall(3) });\nexport const b = (sold: boolean) => {\n  const parts: any[] = []; const where: any = { AND: parts };\n  if (sold) parts.push({ tickets: { some: {} } });\n  where.hall = { id: 1 };\n  return prisma.film.deleteMany({ where });\n};",
    })).toEqual(['app.ts:2 read Film', 'app.ts:2 read Hall', 'app.ts:2 read Seat', 'app.ts:7 write Film', 'app.ts:7 read Hall', 'app.ts:7 read Ticket']);
  });

  test('of models that two schemas both have are taken together', async () => {
    expect(await touched({
      'a/prisma/schema.prisma': PRISMA, 'b/prisma/schema.prisma': 'model Film {\n id Int @id\n}\n',
      'app.ts': 'export const a = () => prisma.film.findMany({ include: { hall: true } });',
    })).toEqual(['app.ts:1 read Film', 'app.ts:1 read Hall']);
  });
});

describe('relations that a mapper fetches along', () => {
  test('Objection: graphs, also in a closure on the builder, and queries of the related table', async () => {
    expect(await touched({
      'models.ts': "import { Model } from 'objection';\nexport class Seat extends Model { static tableName = 'seats'; }\nexport class Hall extends Model { static tableName = 'halls'; static relationMappings = () => ({ seats: { relation: Model.HasManyRelation, modelClass: Seat, join: {} } }); }\nexport class Film extends Model { static tableName = 'films'; static get relationMappings() { return { hall: { relation: Model.BelongsToOneRelation, modelClass: Hall, join: {} } }; } }",
      'app.ts': "import { Film, Hall } from './models';\nexport const a = () => Film.query().withGraphFetched('[hall(open).[seats as places]]');\nexport const b = () => Film.query().onBuild((builder) => { builder.withGraphJoined('hall'); });\nexport const c = () => Hall.relatedQuery('seats').delete();",
    })).toEqual(['app.ts:2 read films', 'app.ts:2 read halls', 'app.ts:2 read seats', 'app.ts:3 read films', 'app.ts:3 read halls', 'app.ts:4 write seats']);
  });

  test('Mongoose: populated paths by the schema they refer from', async () => {
    expect(await touched({
      'models.ts': "import mongoose, { Schema } from 'mongoose';\nconst seat = new Schema({}); export const Seat = mongoose.model('Seat', seat);\nconst hall = new Schema({ seats: [{ type: Schema.Types.ObjectId, ref: 'Seat' }] }); export const Hall = mongoose.model('Hall', hall);\nconst film = new Schema({}); film.virtual('show.hall', { ref: 'Hall', localField: 'h', foreignField: '_id' }); export const Film = mongoose.model('Film', film);",
      'app.ts': "import { Film } from './models';\nexport const a = () => Film.find({}).populate({ path: 'show.hall', populate: 'seats' });",
    })).toEqual(['app.ts:2 read films', 'app.ts:2 read halls', 'app.ts:2 read seats']);
  });

  test('Sequelize: includes kept in a variable, by alias, and methods named by the association', async () => {
    expect(await touched({
      'db.js': "const Film = sequelize.define('Film', {}); const Hall = sequelize.define('Hall', {}); const Seat = sequelize.define('Seat', {});\nFilm.belongsTo(Hall, { as: 'venue' }); Hall.hasMany(Seat);\nmodule.exports = { Film, Hall, Seat };",
      'app.js': "const { Film, Hall, Seat } = require('./db');\nexports.a = () => { const include = [{ model: Hall, include: [Seat] }]; return Film.findAll({ include }); };\nexports.b = () => Film.findOne({ include: [{ association: 'venue' }] });\nexports.c = async () => { const hall = await Hall.findByPk(1);\n  return hall.getSeats(); };",
    })).toEqual(['app.js:2 read Films', 'app.js:2 read Halls', 'app.js:2 read Seats', 'app.js:3 read Films', 'app.js:3 read Halls', 'app.js:4 read Halls', 'app.js:5 read Seats']);
  });

  test('TypeORM: nested relations by path and as an object', async () => {
    expect(await touched({
      'entities.ts': "@Entity('seats') export class Seat { @ManyToOne(() => Hall) hall: Hall; }\n@Entity('halls') export class Hall { @OneToMany(() => Seat, (s) => s.hall) seats: Seat[]; }\n@Entity('films') export class Film { @ManyToOne(() => Hall) hall: Hall; }",
      'app.ts': "import { Film } from './entities';\nexport class Films { constructor(private readonly films: Repository<Film>) {}\n  a() { return this.films.find({ relations: ['hall.seats'] }); }\n  b() { return this.films.find({ relations: { hall: { seats: true } } }); } }",
    })).toEqual(['app.ts:3 read films', 'app.ts:3 read halls', 'app.ts:3 read seats', 'app.ts:4 read films', 'app.ts:4 read halls', 'app.ts:4 read seats']);
  });
});

describe('rows are known by where they came from', () => {
  test('results of functions, callbacks, parameters and properties', async () => {
    expect(await touched({
      'app.js': "const Film = sequelize.define('Film', {});\nconst load = async (id) => await Film.findByPk(id);\nexports.a = async () => { const film = await load(1); await film.increment('shown'); };\nexports.b = () => Film.findOrCreate({}).spread(function (one, created) { return one.save(); });\nconst close = (shown) => shown.destroy();\nexports.c = async () => close(await Film.findOne());\nexports.middleware = async (req) => { req.film = await Film.findByPk(2); };\nexports.d = (req) => req.film.destroy();",
    })).toEqual(['app.js:2 read Films', 'app.js:3 write Films', 'app.js:4 write Films', 'app.js:5 write Films', 'app.js:6 read Films', 'app.js:7 read Films', 'app.js:8 write Films']);
  });

  test('what hangs on a row and is saved is listed, not passed over', async () => {
    expect(await gaps({ 'app.js': "const Film = sequelize.define('Film', {});\nexports.a = async () => { const film = await Film.findByPk(1); await film.poster.save(); };" })).toEqual(['2 film.poster.save']);
  });
});

describe('builders that are run further down', () => {
  test('a builder that only writes does not read', async () => {
    expect(await touched({ 'app.js': "const knex = require('knex')({});\nexports.a = async () => { const change = knex('films').where('id', 1);\n  await change.update({ shown: true }); };\nexports.b = async () => { const query = knex('halls').where('id', 1);\n  await query.clone(); await query.delete(); };" }))
      .toEqual(['app.js:3 write films', 'app.js:4 read halls', 'app.js:5 write halls']);
  });

  test('a closure that a builder runs names tables, too', async () => {
    expect(await touched({ 'app.js': "const knex = require('knex')({});\nexports.a = () => knex.with('ranked', (query) => { query.from('films'); }).select('*').from('ranked');" })).toEqual(['app.js:2 read films']);
  });
});

describe('statements that reach nothing known', () => {
  test('count when their tables are declared, and are listed otherwise', async () => {
    const files = { 'schema.sql': 'create table films (id int);', 'app.js': "exports.a = () => run({ films: 'SELECT id FROM films WHERE id = 1' });\nexports.b = () => run({ seats: 'SELECT id FROM seats WHERE id = 1' });\nexports.c = () => show('Select a seat from the list');" };
    expect(await touched(files)).toEqual(['app.js:1 read films']);
    expect(await gaps(files)).toEqual(['2 SELECT id FROM seats WHERE id = 1']);
  });

  test('a subquery that is not written here is said to be open', async () => {
    expect(await gaps({ 'app.js': 'exports.a = (pool, part) => pool.query(`WITH ranked AS (${part}) SELECT * FROM ranked`);' })).toEqual(['1 WITH ranked AS (${…}) SELECT * FROM ranked']);
  });
});
