import { describe, expect, test } from '@jest/globals';
import { plural, snakeCase, tableName } from './table-name.ts';

describe('names of tables', () => {
  test.each([['orders', 'orders'], ['orders as o', 'orders'], ['orders o', 'orders'], ['public.orders', 'orders'], ['billing.invoices', 'billing.invoices'], ['"Orders"', 'Orders'], ['`orders`', 'orders']])('%s is %s', (written, name) => {
    expect(tableName(written)).toBe(name);
  });

  test.each(['', 'count(*)', 'order by', 'select 1', '*'])('%s is none', (written) => {
    expect(tableName(written)).not.toBe(written === '' ? '' : written);
  });

  test.each([['category', 'categories'], ['address', 'addresses'], ['film', 'films'], ['child', 'children'], ['day', 'days'], ['status', 'statuses']])('of %s the ORM makes %s', (one, many) => {
    expect(plural(one)).toBe(many);
  });

  test('class names become snake case', () => {
    expect([snakeCase('TicketSale'), snakeCase('APIKey'), snakeCase('order')]).toEqual(['ticket_sale', 'api_key', 'order']);
  });
});
