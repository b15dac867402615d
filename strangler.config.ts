import { defineMigration, env } from '@strangler/kernel';

/** The sample's migration: the shop's catalog is on its way out. Copy this file and make it yours. */
export default defineMigration({
  monolith: {
    source: 'monolith',
    url: env('MONOLITH_URL'),
    database: env('MONOLITH_DATABASE_URL'),
  },

  services: {
    catalog: {
      context: 'Catalog',
      url: env('CATALOG_URL'),
      database: env('CATALOG_DATABASE_URL'),
      owns: { modules: ['src/catalog/**'], tables: ['categories', 'products'] },
    },
  },

  routes: {
    'products.list': { match: 'GET /products', to: 'catalog', stage: 'monolith' },
    'products.read': { match: 'GET /products/:id', to: 'catalog', stage: 'monolith' },
    'products.price': { match: 'GET /products/:id/price', to: 'catalog', stage: 'monolith' },
    'categories.list': { match: 'GET /categories', to: 'catalog', stage: 'monolith' },
    'categories.products': { match: 'GET /categories/:id/products', to: 'catalog', stage: 'monolith' },

    'products.create': { match: 'POST /products', to: 'catalog', stage: 'monolith', writes: ['products'] },
    'products.change': { match: 'PATCH /products/:id', to: 'catalog', stage: 'monolith', writes: ['products'] },
    'products.retire': { match: 'DELETE /products/:id', to: 'catalog', stage: 'monolith', writes: ['products'] },
    'categories.create': { match: 'POST /categories', to: 'catalog', stage: 'monolith', writes: ['categories'] },
  },

  compare: {
    ignore: ['header:date', 'header:etag', 'header:x-request-id'],
    // The demo writes a dozen rows a second and reads lists of them: one pair in fifty meets a row on its way to the catalog.
    promoteWhen: { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 5, maxSettledRate: 0.05 },
  },

  replication: {
    // What the catalog owns: forward until it is cut over, back from then on, so that the monolith can still join and can take over again.
    'catalog-forward': { from: 'monolith', to: 'catalog', tables: { categories: { key: ['id'] }, products: { key: ['id'] } } },
    'catalog-back': { from: 'catalog', to: 'monolith', tables: { categories: { key: ['id'] }, products: { key: ['id'] } } },
    // What the catalog only reads: the monolith stays the owner.
    'catalog-reads': {
      from: 'monolith', to: 'catalog',
      tables: {
        price_rules: { key: ['id'] },
        stock_levels: { key: ['product_id'], omit: ['warehouse'] },
        reviews: { key: ['id'], into: 'review_ratings', columns: { rating: 'stars' }, omit: ['user_id', 'title', 'body', 'created_at'] },
      },
    },
  },
});
