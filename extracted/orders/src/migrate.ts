import { CannotStart } from './config.ts';
import { log, prepareDatabase, refuse } from './start.ts';
import { openDatabase } from './store/database.ts';

/** `npm run migrate`: brings the database of DATABASE_URL up to date and says, on stderr, which migrations ran. */
const url = process.env['DATABASE_URL'] ?? '';
if (url === '') {
  refuse(new CannotStart('ORDERS_BAD_SETTINGS', 'DATABASE_URL is missing', 'Set it to postgres://user:password@host:5432/orders'));
}
const db = openDatabase(url, log);
await prepareDatabase(db, true).catch(refuse);
await db.destroy();
