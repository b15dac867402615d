import { Router } from 'express';
import * as payments from '../controllers/payment.controller.ts';
import * as shipments from '../controllers/shipment.controller.ts';
import { requireStaff, requireUser } from '../middleware/auth.ts';

export const paymentsRouter = Router();
paymentsRouter.get('/:id', requireUser, payments.show);
paymentsRouter.post('/:id/capture', requireStaff, payments.capture);
paymentsRouter.post('/:id/refund', requireStaff, payments.refund);

export const shipmentsRouter = Router();
shipmentsRouter.use(requireStaff);
shipmentsRouter.route('/').get(shipments.list).post(shipments.create);
shipmentsRouter.route('/:id').get(shipments.show).patch(shipments.track);
