import { defineMigration, env } from '@strangler/kernel';

/** The sample's migration: the shop's catalog is on its way out. Copy this file and make it yours. */
export default defineMigration({
  monolith: {
    source: 'monolith/src',
    url: env('MONOLITH_URL'),
    database: env('MONOLITH_DATABASE_URL'),
  },

  services: {
    catalog: {
      context: 'Catalog',
      url: env('CATALOG_URL'),
      database: env('CATALOG_DATABASE_URL'),
      owns: { modules: ['catalog/**'], tables: ['products', 'categories'] },
    },
  },

  routes: {
    'products.list': { match: 'GET /products', to: 'catalog', stage: 'monolith' },
    'products.read': { match: 'GET /products/:id', to: 'catalog', stage: 'monolith' },
    'products.create': { match: 'POST /products', to: 'catalog', stage: 'monolith', writes: ['products'] },
  },

  compare: {
    ignore: ['header:date', 'header:etag', 'header:x-request-id'],
    promoteWhen: { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 5 },
  },

  replication: {
    'catalog-forward': {
      from: 'monolith',
      to: 'catalog',
      tables: { categories: { key: ['id'] }, products: { key: ['id'] } },
    },
  },
});
