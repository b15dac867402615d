import type { Knex } from 'knex';

/**
 * The folded column the search reads. The fold stays in the database because lower() follows the database's collation and
 * JavaScript's toLowerCase() does not: 'İ' would be found on one side and not on the other.
 *
 * A replicated row brings the monolith's own search_text along; replication writes with session_replication_role = replica, under
 * which this trigger sleeps. It wakes for the service's own writes, after the cut-over.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function products_fold_search_text() returns trigger language plpgsql as $$
    begin
      new.search_text := lower(new.sku || ' ' || new.name || ' ' || new.description);
      return new;
    end
    $$;
    create trigger products_search_text before insert or update on products
      for each row execute function products_fold_search_text();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger products_search_text on products; drop function products_fold_search_text()');
}
