import { describe, expect, test } from '@jest/globals';
import { readText } from '../../../test/read-text.ts';

const touched = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readText(files)).accesses.map(({ mode, table, through, evidence: { line } }) => `${String(line)} ${mode} ${table}${through === undefined ? '' : ` through ${through}`}`);

const TABLES = 'create table halls (id int); create table films (id int, hall_id int); create table film_log (film_id int);\n';
const READS = "exports.a = (pool) => pool.query('SELECT * FROM programme');";
const WRITES = "exports.a = (pool) => pool.query('UPDATE films SET hall_id = 1');";

describe('a view', () => {
  test('read is its tables read, through views it is made of, with the line of the code', async () => {
    expect(await touched({
      'schema.sql': `${TABLES}create view shown as select f.id from films f join halls h on h.id = f.hall_id; create materialized view programme as select id from shown;`, 'app.js': READS,
    })).toEqual(['1 read films through programme', '1 read halls through programme', '1 read programme']);
  });

  test('made anew or dropped is what it is last', async () => {
    const { views } = await readText({ 'a.sql': `${TABLES}create view programme as select * from films; create view old as select 1 from halls;`, 'b.sql': 'create or replace view programme as select * from halls; drop view old;', 'app.js': READS });
    expect(views.map(({ name, reads }) => [name, reads])).toEqual([['programme', ['halls']]]);
  });

  test('of one table can be written through', async () => {
    expect(await touched({ 'schema.sql': `${TABLES}create view shown as select * from films;`, 'app.js': "exports.a = (pool) => pool.query('DELETE FROM shown');" })).toEqual(['1 write films through shown', '1 write shown']);
  });

  test('is known from knex migrations, entities and the SQL of Prisma migrations', async () => {
    const view = async (files: Readonly<Record<string, string>>): Promise<unknown> => (await readText({ ...files, 'app.js': READS })).views.map(({ name, reads }) => [name, reads]);
    expect(await view({ 'migrations/1_programme.js': "exports.up = (knex) => knex.raw('create view programme as select * from films');" })).toEqual([['programme', ['films']]]);
    expect(await view({ 'migrations/1_programme.js': "exports.up = (knex) => knex.schema.createView('programme', (view) => { view.as(knex('films').join('halls', 'halls.id', 'films.hall_id').select('films.id')); });" })).toEqual([['programme', ['films', 'halls']]]);
    expect(await view({ 'programme.entity.ts': "@ViewEntity({ name: 'programme', expression: `SELECT id FROM films` }) export class Programme {}" })).toEqual([['programme', ['films']]]);
    expect(await view({ 'prisma/schema.prisma': 'model films {\n id Int @id\n}\n', 'prisma/migrations/1/migration.sql': 'create view programme as select * from films;' })).toEqual([['programme', ['films']]]);
  });
});

describe('a trigger', () => {
  test('writes for whoever writes its table, as its function says', async () => {
    expect(await touched({
      'schema.sql': `${TABLES}create function note_film() returns trigger language plpgsql as $$ begin if new.hall_id is distinct from old.hall_id then insert into film_log select new.id from halls; end if; return new; end $$;\ncreate trigger film_noted after update on films for each row execute function note_film();`,
      'app.js': WRITES,
    })).toEqual(['1 write film_log through film_noted', '1 write films', '1 read halls through film_noted']);
  });

  test('of SQLite and MySQL says itself what it runs', async () => {
    const inline = 'create trigger film_noted after update on films for each row begin insert into film_log values (new.id); end;';
    expect(await touched({ 'schema.sql': `${TABLES}${inline}`, 'app.js': WRITES })).toEqual(['1 write film_log through film_noted', '1 write films']);
  });

  test('dropped fires no more, and reads fire none', async () => {
    const schema = `${TABLES}create function note_film() returns trigger language plpgsql as $$ begin delete from film_log; return new; end $$;\ncreate trigger film_noted after update on films for each row execute function note_film();`;
    expect(await touched({ 'a.sql': schema, 'b.sql': 'drop trigger film_noted on films;', 'app.js': WRITES })).toEqual(['1 write films']);
    expect(await touched({ 'a.sql': schema, 'app.js': "exports.a = (pool) => pool.query('SELECT * FROM films');" })).toEqual(['1 read films']);
  });
});
