import type { Request, Response } from 'express';
import { parseId } from '../lib/helpers.ts';
import { currentUser } from '../middleware/auth.ts';
import { capturePayment, getPayment, refundPayment } from '../services/payment.service.ts';

export async function show(request: Request, response: Response): Promise<void> {
  response.json(await getPayment(currentUser(response), parseId(request.params['id'])));
}

export async function capture(request: Request, response: Response): Promise<void> {
  response.json(await capturePayment(currentUser(response), parseId(request.params['id'])));
}

export async function refund(request: Request, response: Response): Promise<void> {
  response.json(await refundPayment(currentUser(response), parseId(request.params['id'])));
}
