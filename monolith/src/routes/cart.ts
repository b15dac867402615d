import { Router } from 'express';
import { cartController } from '../controllers/cart.controller.ts';
import { requireUser } from '../middleware/auth.ts';

const router = Router();

router.use(requireUser);
router.route('/').get(cartController.show).delete(cartController.empty);
router.post('/items', cartController.add);
router.route('/items/:productId').patch(cartController.change).delete(cartController.remove);
router.post('/checkout', cartController.checkOut);

export { router as cartRouter };
