import { describe, expect, test } from '@jest/globals';
import { bookshop, systemOf } from '../model/sample-system.ts';
import type { SystemModel } from '../model/graph.ts';
import { cluster } from '../cluster/cluster.ts';
import type { ContextPins } from '../cluster/pins.ts';
import { measure } from '../measure/measure.ts';
import type { Analysis } from './analysis.ts';
import { propose } from './propose.ts';

/** The bookshop as its folders say: what is tested here is the proposal, not the clustering. */
const PINS: ContextPins = { contexts: Object.fromEntries(['catalog', 'stock', 'orders', 'customers'].map((name) => [name, { modules: [`${name}/**`] }])), together: [['orders/orders.ts', 'order_lines'], ['orders/orders.ts', 'orders'], ['customers/customers.ts', 'customers']] };
const analysisOf = (model: SystemModel, pins: ContextPins = PINS): Analysis => {
  const measures = measure(model);
  return propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins }), { without: [], seed: 1 });
};
const shop = analysisOf(bookshop());
const cuts = (kind: string): string[] => shop.cuts.filter((cut) => cut.kind === kind).map(({ from, to, what }) => `${from} → ${to}: ${what}`);

describe('a proposal for the bookshop', () => {
  test('keeps the names the team pinned', () => {
    expect(shop.contexts.map(({ name }) => name).sort()).toEqual(['catalog', 'customers', 'orders', 'stock']);
  });

  test('an endpoint follows the owner of what it writes', () => {
    expect(shop.endpoints.find(({ id }) => id === 'POST /orders')?.context).toBe('orders');
    expect(shop.endpoints.find(({ id }) => id === 'POST /shelves/:id/restock')?.context).toBe('stock');
    expect(shop.shared.endpoints).toEqual(['GET /health']);
  });

  test('every call, join, foreign key and foreign write that crosses is named with its place and remedy', () => {
    expect(cuts('call')).toEqual(['orders → stock: orders/checkout.ts calls reserve of stock/shelves.ts', 'stock → catalog: stock/alerts.ts calls findBook of catalog/books.ts']);
    expect(cuts('join')).toEqual(['orders → customers: orders/orders.ts joins orders with customers', 'stock → catalog: stock/alerts.ts joins shelves with books']);
    expect(cuts('write')).toEqual(['orders → customers: orders/checkout.ts writes customers']);
    expect(cuts('foreignKey')).toEqual(['orders → catalog: order_lines.book_id refers to books', 'orders → customers: orders.customer_id refers to customers', 'stock → catalog: shelves.book_id refers to books']);
    expect(cuts('type')).toEqual(['orders → customers: orders/tax.ts uses types of customers/addresses.ts']);
    for (const { evidence, remedy } of shop.cuts) expect([evidence.line > 0, remedy.text.length > 0]).toEqual([true, true]);
  });

  test('nothing inside one context and nothing shared is a cut', () => {
    for (const { from, to } of shop.cuts) expect(from === to || from === 'shared' || to === 'shared').toBe(false);
  });

  test('the checkout becomes a saga led by orders: undone before its pivot, retried after', () => {
    expect(shop.sagas).toMatchObject([{
      name: 'POST /orders', orchestrator: 'orders', kind: 'saga',
      steps: [{ context: 'stock', writes: ['shelves'], compensation: "undo the write of shelves by the saga's id" }, { context: 'orders', writes: ['orders', 'order_lines'] }, { context: 'customers', writes: ['customers'] }],
    }]);
    expect(shop.sagas[0]?.steps.slice(1).every(({ compensation }) => compensation === undefined)).toBe(true);
  });

  test('one foreign write after one\'s own needs an outbox only', () => {
    const model = systemOf({ modules: { 'a/x.ts': [], 'a/y.ts': [], 'a/z.ts': [], 'b/x.ts': [], 'b/y.ts': [], 'b/z.ts': [] }, accesses: ['a/x.ts#f writes trees in t', 'a/x.ts#f writes birds in t', 'b/x.ts#g writes birds'] });
    const { sagas } = analysisOf(model, { contexts: { trees: { modules: ['a/**'], tables: ['trees'] }, birds: { modules: ['b/**'], tables: ['birds'] } } });
    expect(sagas).toMatchObject([{ kind: 'outbox', orchestrator: 'trees' }]);
  });

  test('a transaction inside one context stays a transaction', () => {
    const model = systemOf({ modules: { 'a.ts': [], 'b.ts': [], 'c.ts': [] }, imports: ['a.ts > b.ts', 'b.ts > c.ts'], accesses: ['a.ts#f writes trees in t', 'a.ts#f writes birds in t'] });
    expect(analysisOf(model, {}).sagas).toEqual([]);
  });

  test('what one context writes and three read is reference data; what three write is split by columns', () => {
    const groups = ['a', 'b', 'c', 'd'];
    const base = systemOf({ modules: Object.fromEntries(groups.flatMap((g) => [1, 2, 3].map((i) => [`${g}/${g}${String(i)}.ts`, []]))), accesses: [...groups.map((g) => `${g}/${g}1.ts#f reads rates`), 'a/a2.ts#f writes rates', ...groups.slice(0, 3).map((g) => `${g}/${g}2.ts#f writes users`)], endpoints: groups.map((g) => `GET /${g} > ${g}/${g}1.ts#f`) });
    const model: SystemModel = { ...base, accesses: base.accesses.map((access) => (access.table === 'users' ? { ...access, columns: [`${access.at.module.slice(0, 1)}_column`] } : access)) };
    const { tables } = analysisOf(model, { contexts: Object.fromEntries(groups.map((g) => [g, { modules: [`${g}/**`] }])) });
    expect(tables).toMatchObject([{ table: 'rates', role: 'reference' }, { table: 'users', role: 'god', owner: 'b', split: [{ context: 'b', name: 'users', columns: ['b_column'] }, { context: 'a', name: 'users_a', columns: ['a_column'] }, { context: 'c', name: 'users_c', columns: ['c_column'] }] }]);
  });

  test('the order names every context once, and a cut that is mended costs no more', () => {
    expect(shop.order.map(({ context }) => context).sort()).toEqual(['catalog', 'customers', 'orders', 'stock']);
    expect(shop.order.at(-1)?.cost.total).toBe(10);
  });

  test('what owns no table and answers no endpoint is a library, and is not taken out by itself', () => {
    const base = systemOf({ modules: Object.fromEntries(['a', 'b'].flatMap((g) => [1, 2, 3].map((i) => [`${g}/${g}${String(i)}.ts`, []]))), imports: ['a/a1.ts > a/a2.ts', 'a/a1.ts > a/a3.ts', 'b/b1.ts > b/b2.ts', 'b/b1.ts > b/b3.ts'], accesses: ['a/a2.ts#f writes trees'], endpoints: ['GET /trees > a/a1.ts#f'] });
    const { contexts, order } = analysisOf(base, { contexts: { trees: { modules: ['a/**'], tables: ['trees'] }, format: { modules: ['b/**'] } } });
    expect(contexts.map(({ name, role }) => `${name}: ${role}`).sort()).toEqual(['format: library', 'trees: service']);
    expect(order.map(({ context }) => context)).toEqual(['trees']);
  });

  test('what answers no endpoint leaves last, and the order says why', () => {
    const modules = Object.fromEntries(['seats', 'mongo'].flatMap((g) => [1, 2, 3].map((i) => [`${g}/${g}${String(i)}.ts`, []])));
    const base = systemOf({ modules, imports: ['seats/seats1.ts > mongo/mongo1.ts'], accesses: ['mongo/mongo2.ts#f writes objects', 'mongo/mongo2.ts#f reads objects'], endpoints: ['GET /seats > seats/seats1.ts#f'], history: ['mongo/mongo1.ts: 90 by Ada', 'seats/seats1.ts: 1 by Ada'] });
    const { order } = analysisOf(base, { contexts: { seats: { modules: ['seats/**'] }, mongo: { modules: ['mongo/**'], tables: ['objects'] } } });
    expect(order.map(({ context }) => context)).toEqual(['seats', 'mongo']);
    expect(order[1]?.because).toMatch(/^answers no endpoint/);
  });

  test('each context says why, with places in the source', () => {
    for (const { why, confidence } of shop.contexts) {
      expect(why.length).toBeGreaterThan(2);
      expect(why.some(({ evidence }) => evidence !== undefined)).toBe(true);
      expect(confidence).toBeGreaterThan(0);
    }
  });
});
