import { contactOf } from '../customers/customers.service.ts';
import { db } from '../db/index.ts';
import { truncate } from '../lib/helpers.ts';

export type NotificationKind = 'welcome' | 'order_placed' | 'order_cancelled' | 'payment_captured' | 'shipped' | 'cart_reminder' | 'low_stock';

export interface Message {
  userId: number;
  kind: NotificationKind;
  message: string;
  orderId?: number;
}

const MAX_MESSAGE = 500;

/** Puts a message into the user's inbox, addressed as he is called today. */
export async function notify({ userId, kind, message, orderId }: Message): Promise<void> {
  const { email, firstName } = await contactOf(userId);
  await db('notifications').insert({
    user_id: userId,
    order_id: orderId ?? null,
    kind,
    recipient: email,
    message: truncate(`Dear ${firstName}, ${message}`, MAX_MESSAGE),
  });
}
