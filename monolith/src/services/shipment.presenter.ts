import type { ShipmentRow } from '../db/rows.ts';

export function presentShipment(shipment: ShipmentRow) {
  return {
    id: shipment.id,
    orderId: shipment.order_id,
    carrier: shipment.carrier,
    trackingNumber: shipment.tracking_number,
    status: shipment.status,
    shippedAt: shipment.shipped_at,
    deliveredAt: shipment.delivered_at,
  };
}
