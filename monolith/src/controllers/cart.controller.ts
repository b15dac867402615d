import type { Request, Response } from 'express';
import { optional, parseId, readInteger, readObject, readOneOf } from '../lib/helpers.ts';
import { currentUser } from '../middleware/auth.ts';
import * as carts from '../services/cart.service.ts';
import { PAYMENT_METHODS, readPromotionCode } from './order.controller.ts';

const QUANTITY = { min: 1, max: 100 };

export const cartController = {
  show: async (_request: Request, response: Response): Promise<void> => {
    response.json(await carts.getCart(currentUser(response)));
  },

  add: async (request: Request, response: Response): Promise<void> => {
    const fields = readObject(request.body);
    const productId = readInteger(fields, 'productId', { min: 1 });
    const quantity = optional(fields, 'quantity', (from, name) => readInteger(from, name, QUANTITY)) ?? 1;
    response.status(201).json(await carts.addItem(currentUser(response), productId, quantity));
  },

  change: async (request: Request, response: Response): Promise<void> => {
    const quantity = readInteger(readObject(request.body), 'quantity', QUANTITY);
    response.json(await carts.changeItem(currentUser(response), parseId(request.params['productId'], 'productId'), quantity));
  },

  remove: async (request: Request, response: Response): Promise<void> => {
    response.json(await carts.removeItem(currentUser(response), parseId(request.params['productId'], 'productId')));
  },

  empty: async (_request: Request, response: Response): Promise<void> => {
    await carts.emptyCart(currentUser(response));
    response.status(204).end();
  },

  checkOut: async (request: Request, response: Response): Promise<void> => {
    const fields = readObject(request.body);
    const method = readOneOf(fields, 'paymentMethod', PAYMENT_METHODS);
    response.status(201).json(await carts.checkOutCart(currentUser(response), method, readPromotionCode(fields)));
  },
};
