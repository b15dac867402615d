import pg from 'pg';

/** What replication does for this service, as plain SQL: the mapping of README.md, one row per table. */
const MAPPING: readonly { from: string; into: string; columns: Readonly<Record<string, string>> }[] = [
  { from: 'categories', into: 'categories', columns: same('id', 'parent_id', 'name', 'slug') },
  {
    from: 'products',
    into: 'products',
    columns: same('id', 'category_id', 'sku', 'name', 'description', 'price_cents', 'currency', 'weight_grams', 'active', 'created_at',
      'updated_at', 'search_text', 'updated_by'),
  },
  { from: 'price_rules', into: 'price_rules', columns: same('id', 'category_id', 'product_id', 'percent_off', 'starts_at', 'ends_at', 'active') },
  { from: 'stock_levels', into: 'stock_levels', columns: same('product_id', 'on_hand', 'reserved') },
  { from: 'reviews', into: 'review_ratings', columns: { id: 'id', product_id: 'product_id', rating: 'stars' } },
];

function same(...columns: string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column) => [column, column]));
}

/** Copies the monolith's rows into the service's database, as a replica would: no trigger, no foreign key, sequences behind the last id. */
export async function copyTables(fromUrl: string, toUrl: string): Promise<void> {
  const source = new pg.Client({ connectionString: fromUrl });
  const target = new pg.Client({ connectionString: toUrl });
  await Promise.all([source.connect(), target.connect()]);
  try {
    await target.query("begin; set local session_replication_role = 'replica'");
    for (const { from, into, columns } of MAPPING) {
      const picked = Object.entries(columns).map(([ours, theirs]) => `${ours} as ${theirs}`).join(', ');
      const { rows } = await source.query<{ rows: string }>(`select coalesce(json_agg(t), '[]')::text as rows from (select ${picked} from ${from}) t`);
      const names = Object.values(columns).join(', ');
      await target.query(`insert into ${into} (${names}) select ${names} from json_populate_recordset(null::${into}, $1::json)`, [rows[0]?.rows]);
    }
    for (const table of ['categories', 'products']) {
      await target.query(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`);
    }
    await target.query('commit');
  } finally {
    await Promise.all([source.end(), target.end()]);
  }
}
