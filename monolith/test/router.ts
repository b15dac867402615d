import type { Express } from 'express';

/** What express's router (2.3 and later) says of itself; its types do not know the method yet. */
interface Listing {
  listRoutes(): { path: string; methods?: string[]; router?: Listing }[];
}

function walk(router: Listing, prefix: string): string[] {
  return router.listRoutes().flatMap(({ path, methods = [], router: mounted }) => {
    const whole = `${prefix}${path}`.replace(/\/{2,}/g, '/');
    if (mounted !== undefined) return walk(mounted, whole);
    const shown = whole.replace(/(?<=.)\/$/, '').replace(/:\w+/g, '{}');
    return methods.map((method) => `${method.toUpperCase()} ${shown}`);
  });
}

/** HEAD comes with every GET, and `.all()` is only ever middleware of its route here. */
const UNNAMED = /^(HEAD|\*) /;

/** 'GET /products/{}' for every endpoint the application answers. */
export function mountedEndpoints(app: Express): string[] {
  const endpoints = walk(app.router as unknown as Listing, '');
  return [...new Set(endpoints)].filter((endpoint) => !UNNAMED.test(endpoint)).sort();
}
