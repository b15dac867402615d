import type { Knex } from 'knex';

/** Search used to lower() three columns per row; the trigger keeps one folded column up to date instead. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('products', (table) => {
    table.text('search_text').notNullable().defaultTo('');
  });
  await knex.raw(`
    create function products_fold_search_text() returns trigger language plpgsql as $$
    begin
      new.search_text := lower(new.sku || ' ' || new.name || ' ' || new.description);
      return new;
    end
    $$;
    create trigger products_search_text before insert or update on products
      for each row execute function products_fold_search_text();
    update products set search_text = '';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop trigger products_search_text on products; drop function products_fold_search_text()');
  await knex.schema.alterTable('products', (table) => {
    table.dropColumn('search_text');
  });
}
