import { beforeAll, describe, expect, test } from '@jest/globals';
import { HOLE } from '../interpret/values.ts';
import { isSql, isSomeName, loadSqlParser, touchesOfSql } from './sql.ts';

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

  test('prose is no statement', () => {
    expect(['select your seat', 'update now', 'delete', 'with love'].filter(isSql)).toEqual(['select your seat']);
    expect(read('select your seat')).toEqual([]);
  });
});
