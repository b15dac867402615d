/** Table names. Newer code uses these; older code spells them out. */
export const T = {
  users: 'users',
  categories: 'categories',
  products: 'products',
  priceRules: 'price_rules',
  stock: 'stock_levels',
  carts: 'carts',
  cartItems: 'cart_items',
  promotions: 'promotions',
  orders: 'orders',
  orderItems: 'order_items',
  payments: 'payments',
  shipments: 'shipments',
  reviews: 'reviews',
  notifications: 'notifications',
} as const;

const REPORT_PREFIX = 'report';

export type ReportName = 'daily_sales';

/** Reports live in tables of their own, `report_<name>`. */
export function reportTable(name: ReportName): string {
  return `${REPORT_PREFIX}_${name}`;
}
