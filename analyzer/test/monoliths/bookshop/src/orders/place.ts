import type { Knex } from 'knex';
export async function placeOrder(db: Knex, order: { lines: object[] }): Promise<void> {
  await db.transaction(async (trx) => {
    await trx('orders').insert(order);
    await reserve(trx, order.lines);
  });
}
async function reserve(trx: Knex.Transaction, lines: object[]): Promise<void> {
  await trx.raw('UPDATE stock SET held = held + ? FROM books WHERE books.id = stock.book_id', [lines.length]);
}
export function report(db: Knex, table: string): Promise<unknown> {
  const recent = 'orders';
  return db.raw(`WITH r AS (SELECT * FROM ${recent} WHERE placed_at > ?) SELECT * FROM r JOIN customers c ON c.id = r.customer_id`).then(() => db(table).select('*').where({ id: 1 }));
}
