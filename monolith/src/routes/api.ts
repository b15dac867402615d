import { Router } from 'express';
import { customersRouter } from '../customers/customers.routes.ts';
import { inventoryRouter } from '../inventory/stock.routes.ts';
import { requireStaff } from '../middleware/auth.ts';
import { notificationsRouter } from '../notifications/notifications.routes.ts';
import { priceRulesRouter } from '../pricing/price-rules.routes.ts';
import { promotionsRouter } from '../promotions/promotions.routes.ts';
import { reportsRouter } from '../reporting/reports.routes.ts';
import { reviewsRouter } from '../reviews/reviews.routes.ts';
import { cartRouter } from './cart.ts';
import { paymentsRouter, shipmentsRouter } from './fulfilment.ts';

const adminRouter = Router();
adminRouter.use(requireStaff);
adminRouter.use('/reports', reportsRouter);

/** What came after the first year lives under /api; the shop window and the orders never moved. */
export const apiRouter = Router();
apiRouter.use('/customers', customersRouter);
apiRouter.use('/cart', cartRouter);
apiRouter.use('/inventory', inventoryRouter);
apiRouter.use('/price-rules', priceRulesRouter);
apiRouter.use('/payments', paymentsRouter);
apiRouter.use('/shipments', shipmentsRouter);
apiRouter.use('/promotions', promotionsRouter);
apiRouter.use('/notifications', notificationsRouter);
apiRouter.use('/reviews', reviewsRouter);
apiRouter.use('/admin', adminRouter);
