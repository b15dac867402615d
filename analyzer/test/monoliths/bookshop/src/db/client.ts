import knex from 'knex';
export const db = knex({ client: 'pg' });
export const TABLES = { books: 'books', authors: 'authors' } as const;
