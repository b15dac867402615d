import type { Request, Response } from 'express';
import { optional, parseId, parsePage, readInteger, readObject, readOneOf, readString } from '../lib/helpers.ts';
import { currentUser } from '../middleware/auth.ts';
import { getShipment, getShipments, shipOrder, trackShipment } from '../services/shipment.service.ts';

export async function list(request: Request, response: Response): Promise<void> {
  const status = optional(request.query, 'status', (fields, name) => readOneOf(fields, name, ['in_transit', 'delivered', 'lost']));
  response.json(await getShipments(status, parsePage(request.query)));
}

export async function create(request: Request, response: Response): Promise<void> {
  const fields = readObject(request.body);
  const orderId = readInteger(fields, 'orderId', { min: 1 });
  response.status(201).json(await shipOrder(currentUser(response), orderId, readString(fields, 'carrier', { max: 40 })));
}

export async function show(request: Request, response: Response): Promise<void> {
  response.json(await getShipment(parseId(request.params['id'])));
}

export async function track(request: Request, response: Response): Promise<void> {
  const status = readOneOf(readObject(request.body), 'status', ['delivered', 'lost']);
  response.json(await trackShipment(currentUser(response), parseId(request.params['id']), status));
}
