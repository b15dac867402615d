import { db, type Db } from '../db/index.ts';
import type { ShipmentRow, ShipmentStatus } from '../db/rows.ts';
import { type Page, randomReference } from '../lib/helpers.ts';

export interface ShipmentRecord extends ShipmentRow {
  customer_name: string;
}

/** A shipment is looked at by people who pack: they need a name, which lives with the user of the order. */
function shipmentsWithCustomers(connection: Db) {
  return connection('shipments as s')
    .join('orders as o', 'o.id', 's.order_id')
    .join('users as u', 'u.id', 'o.user_id')
    .select<ShipmentRecord[]>('s.*', 'u.name as customer_name');
}

export async function findShipment(id: number): Promise<ShipmentRecord | undefined> {
  const [record] = await shipmentsWithCustomers(db).where('s.id', id);
  return record;
}

export async function findShipmentOfOrder(orderId: number): Promise<ShipmentRow | undefined> {
  return db('shipments').where({ order_id: orderId }).first();
}

export async function listShipments(status: ShipmentStatus | undefined, page: Page): Promise<{ records: ShipmentRecord[]; total: number }> {
  const where = status === undefined ? {} : { 's.status': status };
  const [counted] = await db('shipments as s').where(where).count<{ total: number }[]>({ total: '*' });
  const records = await shipmentsWithCustomers(db).where(where).orderBy('s.id').limit(page.limit).offset(page.offset);
  return { records, total: counted?.total ?? 0 };
}

export async function insertShipment(trx: Db, orderId: number, carrier: string): Promise<number> {
  const [row] = await trx('shipments')
    .insert({ order_id: orderId, carrier, tracking_number: randomReference('TRK'), status: 'in_transit' })
    .returning('id');
  if (row === undefined) throw new Error('insert into shipments returned nothing');
  return row.id;
}

export async function setShipmentStatus(trx: Db, id: number, status: ShipmentStatus): Promise<void> {
  await trx.raw(
    `update shipments set status = :status, delivered_at = case when :status = 'delivered' then now() end where id = :id`,
    { id, status },
  );
}
