import type { Knex } from 'knex';
export interface Deps { db: Knex }
