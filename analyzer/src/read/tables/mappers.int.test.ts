import { describe, expect, test } from '@jest/globals';
import { readText } from '../../../test/read-text.ts';

const touched = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).accesses.map(({ mode, table, evidence: { file, line } }) => `${file}:${String(line)} ${mode} ${table}`);
const gaps = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).unresolved.filter(({ kind }) => kind === 'query').map(({ what, evidence: { line } }) => `${String(line)} ${what}`);

describe('models by the value they are', () => {
  test('handed to a base repository through super(), one for each heir', async () => {
    expect(await touched({
      'film.ts': "import mongoose, { Schema } from 'mongoose'; const schema = new Schema({}, { collection: 'shown_films' }); export const Film = (mongoose.models.Film as any) || mongoose.model('Film', schema);",
      'hall.ts': "import mongoose, { Schema } from 'mongoose'; export const Hall = mongoose.model('Hall', new Schema({}));",
      'base.ts': 'export class Base { constructor(protected Stored: any) {}\n  all() { return this.Stored.find({}); } }',
      'repos.ts': "import { Base } from './base'; import { Film } from './film'; import { Hall } from './hall';\nexport class Films extends Base { constructor() { super(Film); } }\nexport class Halls extends Base { constructor() { super(Hall); }\n  close(id) { return this.Stored.findByIdAndUpdate(id, {}); } }",
    })).toEqual(['base.ts:2 read halls', 'base.ts:2 read shown_films', 'repos.ts:4 write halls']);
  });

  test('given by an injected function whose type names the class', async () => {
    expect(await touched({
      'film.ts': "import { Model } from 'objection'; export class Film extends Model { static get tableName() { return 'films'; } }",
      'app.ts': "import { Film } from './film'; type Lazy<T> = () => T;\nexport class Films { constructor(@Inject(Film.name) private readonly film: Lazy<typeof Film>) {}\n  rename(id, t) { return this.film().query(t).findById(id).patch({}); }\n  list() { return this.film().query(); } }",
    })).toEqual(['app.ts:3 write films', 'app.ts:4 read films']);
  });

  test('in a registry under names of its own: by table, by file, by class', async () => {
    expect(await touched({
      'models/films.js': "const { Model } = require('objection'); module.exports = class Film extends Model { static get tableName() { return 'shown_films'; } };",
      'app.js': "exports.a = () => SHOP.models.films.query().where('id', 1);\nexports.b = () => SHOP.models.shownFilms.query().delete();\nexports.c = () => cache.films.query().where('id', 1);",
    })).toEqual(['app.js:1 read shown_films', 'app.js:2 write shown_films']);
  });

  test('one of a list is written as what the list was read from', async () => {
    expect(await touched({
      'app.js': "const { sequelize } = require('./db');\nconst Film = sequelize.define('Film', {}, { tableName: 'films' });\nexports.a = async () => { const films = await Film.findAll();\n  for (const film of films) await film.destroy();\n  await Promise.all(films.map((film) => film.save())); };",
    })).toEqual(['app.js:3 read films', 'app.js:4 write films', 'app.js:5 write films']);
  });
});

describe('queries that nobody can resolve', () => {
  test('of models that are not in the source are listed, calls of own functions are not', async () => {
    expect(await gaps({
      'app.js': "const { Film } = require('cinema-data'); const own = { findMany() {} };\nexports.a = (orm) => new orm.Film({ id: 1 }).fetch({ require: true });\nexports.b = (Hall) => Hall.findByPk(1);\nexports.c = (store) => store.film().query().where('id', 1).patch({});\nexports.d = () => own.findMany();\nexports.e = () => fetch('/x', { method: 'GET' });",
    })).toEqual(['2 orm.Film(…).fetch', '3 Hall.findByPk', '4 store.film().query']);
  });
});

describe('rows that came from somewhere else', () => {
  test('are listed when they are called like a model and written like a row', async () => {
    expect(await gaps({
      'app.js': "const Film = require('./db').sequelize.define('Film', {}, { tableName: 'films' });\nexports.a = (req) => req.film.destroy();\nexports.b = (stream) => stream.destroy();\nexports.c = (film) => film.save();",
    })).toEqual(['2 req.film.destroy', '4 film.save']);
  });
});

describe('names that only look like tables', () => {
  test('functions that use a database, lists and options', async () => {
    expect(await touched({
      'app.js': "const knex = require('knex'); const db = knex({ client: 'pg', connection: 'films' });\nexports.a = () => config.saveToDb(['theme', 'mail']);\nexports.b = () => db.transaction({ isolationLevel: 'read committed' });\nexports.c = () => connectDb('select').where({});\nexports.d = () => db({ f: 'films' }).where('f.id', 1);\nexports.e = () => db('pg_stat_activity').select('pid');",
    })).toEqual(['app.js:5 read films']);
  });
});
