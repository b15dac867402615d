import { describe, expect, test } from '@jest/globals';
import { bookshop, systemOf } from '../model/sample-system.ts';
import { measure } from './measure.ts';

const shop = measure(bookshop());
const trace = (path: string): typeof shop.traces[number] | undefined => shop.traces.find(({ endpoint }) => `${endpoint.method} ${endpoint.path}` === path);

describe('measures of a bookshop', () => {
  test('an endpoint reads and writes what its calls read and write, in the order of the source', () => {
    expect(trace('POST /orders')?.steps.map(({ mode, table }) => `${mode} ${table}`)).toEqual(['read addresses', 'read shelves', 'write shelves', 'write orders', 'write order_lines', 'write customers']);
    expect(trace('POST /orders')?.modules).toEqual(['orders/routes.ts', 'orders/checkout.ts', 'orders/tax.ts', 'stock/shelves.ts', 'orders/orders.ts']);
  });

  test('an endpoint that calls nobody touches no table', () => {
    expect(trace('GET /health')).toMatchObject({ steps: [], reads: [], writes: [] });
  });

  test('recursion between functions ends, and each is entered once', () => {
    const model = systemOf({ modules: { 'a.ts': [] }, calls: ['a.ts#f > a.ts#g', 'a.ts#g > a.ts#f'], endpoints: ['GET /a > a.ts#f'], accesses: ['a.ts#g reads trees'] });
    expect(measure(model).traces[0]?.steps.map(({ table }) => table)).toEqual(['trees']);
  });

  test('a table knows its writers and readers; tests and migrations do not count', () => {
    expect(shop.tables.find(({ table }) => table === 'customers')).toEqual({ table: 'customers', writers: ['customers/customers.ts', 'orders/checkout.ts'], readers: ['customers/customers.ts', 'stock/alerts.ts'] });
    const model = systemOf({ modules: { 'a.test.ts': [], 'b.ts': [] }, accesses: ['a.test.ts#t writes trees', 'b.ts#f reads trees'] });
    expect(measure(model).tables).toEqual([{ table: 'trees', writers: [], readers: ['b.ts'] }]);
  });

  test('coupling counts modules, not import statements, and leaves types and tests out', () => {
    expect(shop.coupling.find(({ module }) => module === 'orders/checkout.ts')).toEqual({ module: 'orders/checkout.ts', afferent: 1, efferent: 4, instability: 0.8 });
    expect(shop.coupling.find(({ module }) => module === 'customers/addresses.ts')).toMatchObject({ afferent: 1 });
  });

  test('the module everybody imports is a hub, and technical when it touches no table', () => {
    expect(shop.hubs).toMatchObject([{ module: 'util.ts', technical: true }]);
  });

  test('where all are imported alike, nobody is a hub', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}.ts`);
    const model = systemOf({ modules: Object.fromEntries(names.map((name) => [name, []])), imports: names.flatMap((from) => names.filter((to) => to !== from).map((to) => `${from} > ${to}`)) });
    expect(measure(model).hubs).toEqual([]);
  });
});
