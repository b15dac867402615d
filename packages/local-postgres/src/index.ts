export { findPostgres, type PostgresBinaries } from './binaries.ts';
export { DEFAULT_SETTINGS, freePort, startPostgres, type LocalPostgres, type LocalPostgresOptions } from './server.ts';
