export { registerOrders } from './register';
export type * from './types';
