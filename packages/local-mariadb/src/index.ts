export { startMariadb, type LocalMariadb, type MariadbOptions } from './mariadb.ts';
