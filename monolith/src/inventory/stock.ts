import { db, type Db } from '../db/index.ts';
import type { StockRow } from '../db/rows.ts';
import { badRequest, conflict, found, type Page, paged } from '../lib/helpers.ts';

export interface StockRequest {
  productId: number;
  quantity: number;
}

/** Rows are always locked in the order of product ids; two checkouts of the same goods can then wait but never deadlock. */
function inLockOrder(requests: readonly StockRequest[]): StockRequest[] {
  return [...requests].sort((a, b) => a.productId - b.productId);
}

/** Hold goods for an order inside the caller's transaction; the first product that falls short is a 409 and undoes everything. */
export async function reserveStock(trx: Db, requests: readonly StockRequest[]): Promise<void> {
  for (const { productId, quantity } of inLockOrder(requests)) {
    const { rowCount } = await trx.raw<{ rowCount: number }>(
      'update stock_levels set reserved = reserved + :quantity where product_id = :productId and on_hand - reserved >= :quantity',
      { productId, quantity },
    );
    if (rowCount === 0) throw conflict(`Product ${String(productId)} is not in stock ${String(quantity)} times`, 'insufficient_stock');
  }
}

/** Give back what a cancelled order held. */
export async function releaseStock(trx: Db, requests: readonly StockRequest[]): Promise<void> {
  for (const { productId, quantity } of inLockOrder(requests)) {
    await trx('stock_levels').where({ product_id: productId }).decrement('reserved', quantity);
  }
}

/** Goods have left the house: neither on hand nor reserved any more. */
export async function shipStock(trx: Db, requests: readonly StockRequest[]): Promise<void> {
  for (const { productId, quantity } of inLockOrder(requests)) {
    await trx('stock_levels').where({ product_id: productId }).decrement('on_hand', quantity).decrement('reserved', quantity);
  }
}

export interface StockRecord extends StockRow {
  sku: string;
  name: string;
}

export function presentStock(record: StockRecord) {
  return {
    productId: record.product_id,
    sku: record.sku,
    name: record.name,
    warehouse: record.warehouse,
    onHand: record.on_hand,
    reserved: record.reserved,
    available: record.on_hand - record.reserved,
  };
}

function stockWithProducts() {
  return db('stock_levels as s')
    .join('products as p', 'p.id', 's.product_id')
    .select<StockRecord[]>('s.*', 'p.sku', 'p.name')
    .orderBy('s.product_id');
}

export async function listStock(page: Page) {
  const [counted] = await db('stock_levels').count<{ total: number }[]>({ total: '*' });
  const records = await stockWithProducts().limit(page.limit).offset(page.offset);
  return paged(records.map(presentStock), counted?.total ?? 0, page);
}

export async function getStock(productId: number) {
  const [record] = await stockWithProducts().where('s.product_id', productId);
  return presentStock(found(record, 'stock of product', productId));
}

/** Set what was counted in a stock-taking. A product without a row gets one. */
export async function countStock(productId: number, onHand: number, warehouse: string) {
  found(await db('products').where({ id: productId }).first('id'), 'product', productId);
  await db('stock_levels')
    .insert({ product_id: productId, warehouse, on_hand: onHand, reserved: 0 })
    .onConflict('product_id')
    .merge({ on_hand: onHand, warehouse });
  return getStock(productId);
}

/** Goods in (positive) or written off (negative). */
export async function adjustStock(productId: number, change: number) {
  if (change === 0) throw badRequest('change must not be 0');
  const touched = await db('stock_levels')
    .where({ product_id: productId })
    .whereRaw('on_hand + ? >= reserved', [change])
    .increment('on_hand', change);
  if (touched === 0) {
    await getStock(productId);
    throw conflict('That would leave less on hand than is reserved', 'insufficient_stock');
  }
  return getStock(productId);
}
