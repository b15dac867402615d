import type { Knex } from 'knex';
import { TABLES } from '@db/client';
export abstract class Store {
  protected readonly table: string;
  protected readonly db: Knex;
  constructor(table: string, db: Knex) { this.table = table; this.db = db; }
  async insert(row: object): Promise<void> { await this.db(this.table).insert(row); }
  async remove(id: string): Promise<void> { await this.db(this.table).where({ id }).del(); }
}
export class BookStore extends Store {
  constructor(db: Knex) { super(TABLES.books, db); }
  withAuthors(): Promise<unknown> { return this.db(`${this.table} as b`).join('authors as a', 'a.id', 'b.author_id').select('b.title'); }
}
export class AuthorStore extends Store {
  constructor(db: Knex) { super(TABLES.authors, db); }
}
