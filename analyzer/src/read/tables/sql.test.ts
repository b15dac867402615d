import { beforeAll, describe, expect, test } from '@jest/globals';
import { HOLE } from '../interpret/values.ts';
import { isSql, isSomeName, loadSqlParser, touchesByWords, touchesOfSql } from './sql.ts';

const read = (sql: string): string[] | undefined => touchesOfSql(sql, 1, 'sql')?.map(({ mode, table }) => `${mode} ${isSomeName(table) ? '?' : table}`).sort();

beforeAll(loadSqlParser);

describe('tables of a statement', () => {
  test.each([
    ['SELECT * FROM films f JOIN halls h ON h.id = f.hall', ['read films', 'read halls']],
    ['WITH sold AS (SELECT * FROM tickets) SELECT * FROM sold', ['read tickets']],
    ['INSERT INTO archive SELECT * FROM tickets ON CONFLICT (id) DO NOTHING', ['read tickets', 'write archive']],
    ['UPDATE seats SET taken = true FROM tickets WHERE tickets.seat = seats.id', ['read tickets', 'write seats']],
    ['DELETE FROM tickets WHERE film IN (SELECT id FROM films)', ['read films', 'write tickets']],
    ['TRUNCATE tickets, seats', ['write seats', 'write tickets']],
    ['INSERT INTO films SET title = ?', undefined],
  ])('%s', (sql, expected) => {
    expect(read(sql)).toEqual(expected);
  });

  test('placeholders of every driver are values', () => {
    expect(read('SELECT * FROM films WHERE id = ? AND hall = :hall AND day = @day AND at::date = $1')).toEqual(['read films']);
    expect(read('SELECT 1 FROM films WHERE shown >= (:day::date)::timestamp AND hall = :hall: ')).toEqual(['read films']);
    expect(read('UPDATE films SET $<column:name> = $<value>, day = $(day), hall = $[hall] WHERE id = $/id/ AND price = ${price.cents} AND kind IN ($1:csv)')).toEqual(['write films']);
    expect(read('SELECT $1~ FROM $2:name WHERE $<condition:raw>')).toEqual(['read ?']);
    expect(read('SELECT a::text, $1::int, b FROM films WHERE c[$1:2] = $2 AND $3#>>\'{a}\' = d')).toEqual(['read films']);
    expect(read('SELECT * FROM films WHERE tags ?| array[\'a\']')).toEqual(['read films']);
    expect(read('REPLACE INTO `films` (`id`) VALUES (?) ON DUPLICATE KEY UPDATE id = 1')).toEqual(['write films']);
  });

  test('holes stand for values, names, rows or nothing, as their place demands', () => {
    expect(read(`SELECT * FROM films WHERE id = ${HOLE} ${HOLE}`)).toEqual(['read films']);
    expect(read(`INSERT INTO films (id) VALUES ${HOLE} ON CONFLICT (id) DO NOTHING`)).toEqual(['write films']);
    expect(read(`DELETE FROM ${HOLE} WHERE id = 1`)).toEqual(['write ?']);
    expect(read(`SELECT * FROM sales_${HOLE}`)).toEqual(['read ?']);
  });

  test('holes may stand for a subquery, an assignment, a clause or the statement after common tables', () => {
    expect(read(`WITH shown AS (${HOLE}) SELECT * FROM shown JOIN films f ON f.id = shown.id`)).toEqual(['read films']);
    expect(read(`UPDATE films SET ${HOLE} WHERE id = ${HOLE}`)).toEqual(['write films']);
    expect(read(`UPDATE films SET seen = 1, ${HOLE}`)).toEqual(['write films']);
    expect(read(`DELETE FROM films USING tickets AS t ${HOLE} AND t.film = films.id`)).toEqual(['read tickets', 'write films']);
    expect(read(`WITH gone AS (DELETE FROM films WHERE id = ${HOLE} RETURNING *) ${HOLE}`)).toEqual(['write films']);
    expect(read('SELECT value FROM :meta WHERE key = :key')).toEqual(['read ?']);
  });

  test('what no reading of it parses is read off its words, without common tables, comments and texts', () => {
    const sql = "-- from nowhere\nWITH best AS (SELECT * FROM films) UPDATE OR IGNORE seats SET taken = 'from hell' FROM best JOIN halls USING (id) WHERE x IS DISTINCT FROM y";
    expect(read(sql)).toBeUndefined();
    expect(touchesByWords("INSERT OR IGNORE INTO seats SELECT * FROM `films` f JOIN best USING (id) -- from x\nWHERE a IS DISTINCT FROM b AND c = 'from hell'", 1, 'sql').map(({ mode, table }) => `${mode} ${table}`)).toEqual(['write seats', 'read films', 'read best']);
    expect(touchesByWords(sql, 1, 'sql').map(({ mode, table }) => `${mode} ${table}`)).toEqual(expect.arrayContaining(['read films', 'read halls']));
    expect(touchesByWords(sql, 1, 'sql').map(({ table }) => table)).not.toContain('best');
  });

  test('a part of a statement tells its tables, and that it is a part', () => {
    const part = (sql: string): unknown => touchesOfSql(sql, 1, 'sql', true)?.map(({ table, fragment }) => [table, fragment]);
    expect(part('join halls h on h.id = films.hall')).toEqual([['halls', true]]);
    expect(part('exists (select 1 from tickets t where t.film = films.id)')).toEqual([['tickets', true]]);
    expect(part('count(*) filter (where seen)')).toBeUndefined();
    expect(part('select * from films')).toEqual([['films', undefined]]);
  });

  test('prose is no statement', () => {
    expect(['select your seat', 'Copy the licence key', 'Create a new hall', 'update now', 'delete', 'with love'].filter(isSql)).toEqual([]);
    expect(['select now(), 1', 'select * from films', 'COPY films FROM stdin', 'create table films (id int)'].filter(isSql)).toHaveLength(4);
  });
});
