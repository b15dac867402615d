import { describe, expect, test } from '@jest/globals';
import { readText } from '../../../test/read-text.ts';

const keys = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).foreignKeys.map(({ from, to, onDelete }) => `${from.table}.${from.columns.join()} → ${to.table}.${to.columns.join()}${onDelete === undefined ? '' : ` ${onDelete}`}`);

describe('foreign keys', () => {
  test('of Sequelize associations, also through models taken out of the registry and a join table', async () => {
    expect(await keys({
      'models.js': "const { DataTypes } = require('sequelize'); const Hall = db.define('hall', {}, { tableName: 'halls' }); const Film = db.define('film', {}, { tableName: 'films' }); const Actor = db.define('actor', {}, { tableName: 'actors' });\nconst { hall } = db.models; Film.belongsTo(hall, { onDelete: 'cascade' }); Hall.hasMany(Film); Film.belongsToMany(Actor, { through: 'casts' }); Actor.hasMany(Film, { foreignKey: 'starId' }); Film.belongsTo(Actor, { as: 'owner', constraints: false });",
    })).toEqual(['casts.actorId → actors.id', 'casts.filmId → films.id', 'films.hallId → halls.id CASCADE', 'films.starId → actors.id']);
  });

  test('of TypeORM relations and their join tables', async () => {
    expect(await keys({
      'film.ts': "import { Entity, ManyToOne, ManyToMany, JoinTable, JoinColumn } from 'typeorm';\n@Entity('actors') export class Actor {}\n@Entity('films') export class Film { @ManyToOne(() => Actor, { onDelete: 'SET NULL' }) @JoinColumn({ name: 'star' }) star: Actor;\n @ManyToMany(() => Actor) @JoinTable({ name: 'casts', joinColumn: { name: 'film' }, inverseJoinColumn: { name: 'actor' } }) cast: Actor[]; }",
    })).toEqual(['casts.actor → actors.id CASCADE', 'casts.film → films.id CASCADE', 'films.star → actors.id SET NULL']);
  });

  test('of Objection relations, on the side that holds the column, once with what a migration says', async () => {
    expect(await keys({
      'migrations/1_films.js': "exports.up = (knex) => knex.schema.createTable('halls', (t) => { t.increments(); }).createTable('films', (t) => { t.increments(); t.integer('hall_id').references('id').inTable('halls'); }).createTable('shows', (t) => { t.increments(); t.integer('filmId'); });",
      'film.js': "const { Model } = require('objection'); class Film extends Model { static get tableName() { return 'films'; } static get relationMappings() { return { hall: { relation: Model.BelongsToOneRelation, join: { from: 'films.hallId', to: 'halls.id' } }, shows: { relation: Model.HasManyRelation, join: { from: 'films.id', to: 'shows.filmId' } }, notes: { relation: Model.HasManyRelation, filter: { type: 'film' }, join: { from: 'films.id', to: 'halls.refId' } } }; } }",
    })).toEqual(['films.hall_id → halls.id', 'shows.filmId → films.id']);
  });

  test('of tables that ordinary code creates, called from a migration or at the start', async () => {
    const { tables, modules, foreignKeys } = await readText({
      'models/film.js': "exports.films = (knex) => knex.schema.createTable('films', (t) => { t.increments(); t.integer('hall').references('halls.id').onDelete('CASCADE'); });",
      'start.js': "exports.start = (pool) => pool.query('CREATE TABLE IF NOT EXISTS halls (id serial primary key)'); exports.stop = (knex) => knex.schema.dropTable('films');",
      'src/0001_first.js': "const { films } = require('../models/film'); exports.up = (knex) => films(knex); exports.down = () => undefined;",
    });
    expect(tables.map(({ name, declared }) => `${name} ${String(declared)}`)).toEqual(['films true', 'halls true']);
    expect(foreignKeys).toMatchObject([{ from: { table: 'films', columns: ['hall'] }, to: { table: 'halls' }, onDelete: 'CASCADE' }]);
    expect(modules.find(({ path }) => path === 'src/0001_first.js')?.kind).toBe('migration');
  });
});
