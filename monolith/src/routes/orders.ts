import { Router } from 'express';
import * as orders from '../controllers/order.controller.ts';
import { requireUser } from '../middleware/auth.ts';

const router = Router();

router.use(requireUser);
router.get('/', orders.list);
router.post('/', orders.create);
router.get('/:id', orders.show);
router.post('/:id/cancel', orders.cancel);
router.get('/:id/payments', orders.payments);

export { router as ordersRouter };
