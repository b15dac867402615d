/** The rows as PostgreSQL returns them. Keys are bigint identities, read as numbers (see db/index.ts). */
export type Role = 'customer' | 'staff' | 'admin';
export type OrderStatus = 'placed' | 'paid' | 'shipped' | 'delivered' | 'cancelled';
export type PaymentMethod = 'card' | 'invoice' | 'wallet';
export type PaymentStatus = 'authorized' | 'captured' | 'refunded' | 'voided';
export type ShipmentStatus = 'in_transit' | 'delivered' | 'lost';
export type CartStatus = 'open' | 'ordered' | 'abandoned';

export interface UserRow {
  id: number;
  email: string;
  name: string;
  password_hash: string;
  role: Role;
  created_at: Date;
}

export interface CategoryRow {
  id: number;
  parent_id: number | null;
  name: string;
  slug: string;
}

export interface ProductRow {
  id: number;
  category_id: number;
  sku: string;
  name: string;
  description: string;
  price_cents: number;
  currency: string;
  weight_grams: number;
  active: boolean;
  /** Written by the trigger products_search_text; never set it here. */
  search_text: string;
  updated_by: number | null;
  created_at: Date;
  updated_at: Date;
}

export interface PriceRuleRow {
  id: number;
  category_id: number | null;
  product_id: number | null;
  percent_off: number;
  starts_at: Date;
  ends_at: Date | null;
  active: boolean;
}

export interface StockRow {
  product_id: number;
  warehouse: string;
  on_hand: number;
  reserved: number;
}

export interface CartRow {
  id: number;
  user_id: number;
  status: CartStatus;
  created_at: Date;
  updated_at: Date;
}

export interface CartItemRow {
  id: number;
  cart_id: number;
  product_id: number;
  quantity: number;
}

export interface PromotionRow {
  id: number;
  code: string;
  percent_off: number;
  max_uses: number;
  uses: number;
  expires_at: Date | null;
  active: boolean;
  created_at: Date;
}

export interface OrderRow {
  id: number;
  user_id: number;
  status: OrderStatus;
  subtotal_cents: number;
  discount_cents: number;
  tax_cents: number;
  total_cents: number;
  promotion_id: number | null;
  placed_at: Date;
  updated_by: number | null;
}

export interface OrderItemRow {
  id: number;
  order_id: number;
  product_id: number;
  quantity: number;
  unit_price_cents: number;
  line_total_cents: number;
}

export interface PaymentRow {
  id: number;
  order_id: number;
  method: PaymentMethod;
  status: PaymentStatus;
  amount_cents: number;
  reference: string;
  created_at: Date;
  captured_at: Date | null;
}

export interface ShipmentRow {
  id: number;
  order_id: number;
  carrier: string;
  tracking_number: string;
  status: ShipmentStatus;
  shipped_at: Date;
  delivered_at: Date | null;
}

export interface ReviewRow {
  id: number;
  product_id: number;
  user_id: number;
  rating: number;
  title: string;
  body: string;
  created_at: Date;
}

export interface NotificationRow {
  id: number;
  user_id: number;
  order_id: number | null;
  kind: string;
  recipient: string;
  message: string;
  created_at: Date;
  read_at: Date | null;
}

declare module 'knex/types/tables.js' {
  interface Tables {
    users: UserRow;
    categories: CategoryRow;
    products: ProductRow;
    price_rules: PriceRuleRow;
    stock_levels: StockRow;
    carts: CartRow;
    cart_items: CartItemRow;
    promotions: PromotionRow;
    orders: OrderRow;
    order_items: OrderItemRow;
    payments: PaymentRow;
    shipments: ShipmentRow;
    reviews: ReviewRow;
    notifications: NotificationRow;
  }
}
