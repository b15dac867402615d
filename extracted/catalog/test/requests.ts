import jwt from 'jsonwebtoken';

/** A request that the monolith and the service are both asked. */
export interface SampleRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; a string is not encoded again. */
  readonly body?: unknown;
}

const get = (path: string): SampleRequest => ({ method: 'GET', path });

/** Every product, one after the other, with its price; a few ids beyond the last. */
function products(): SampleRequest[] {
  const ids = Array.from({ length: 60 }, (_, index) => 1 + index * 4);
  return [...ids, 201, 999_999].flatMap((id) => [get(`/products/${String(id)}`), get(`/products/${String(id)}/price`)]);
}

function lists(): SampleRequest[] {
  const pages = Array.from({ length: 12 }, (_, index) => get(`/products?page=${String(index + 1)}`));
  const limits = [1, 7, 50, 100].map((limit) => get(`/products?limit=${String(limit)}&page=2`));
  const words = ['kettle', 'BLUE', 'e', '%', '_', '\\', "o'", 'İstanbul', 'ß', '00', '-0001', '  the  ', '']
    .map((q) => get(`/products?q=${encodeURIComponent(q)}&limit=100`));
  const shelves = Array.from({ length: 24 }, (_, index) => index + 1).flatMap((id) => [
    get(`/categories/${String(id)}/products`),
    get(`/products?category=${String(id)}&limit=5`),
  ]);
  const slugs = ['kitchen', 'garden', 'nowhere', 'tea', '0', '1e3'].map((slug) => get(`/products?category=${slug}`));
  return [...pages, ...limits, ...words, ...shelves, ...slugs, get('/categories'), get('/products?q=e&category=8&page=2&limit=3')];
}

const refusedReads: readonly SampleRequest[] = [
  '/products/0', '/products/-1', '/products/1.5', '/products/abc', '/products/1e3', '/products/9999999999999999', '/products/999999999999999',
  '/products/%20', '/products/%E0%A4%A', '/products/1/', '/products/1/price/', '/products/0/price', '/products/x/price', '/Products/1',
  '/products?page=0', '/products?page=x', '/products?page=1000001', '/products?page=1000000', '/products?limit=0', '/products?limit=101',
  '/products?limit=1&limit=2', '/products?q=a&q=b', `/products?q=${'x'.repeat(201)}`, '/products?q=%00', '/products?q=%20',
  '/products?category=a&category=b', '/products?category=999999', '/products?q=a&q=b&category=a&category=b&page=0', '/products?page=&limit=',
  '/categories/0/products', '/categories/999/products', '/categories/x/products?page=x', '/categories/1/products?limit=101', '/categories/1',
  '/products/1/reviewz', '/nothing/here', '/products//1',
].map(get);

/** The writes happen in this order on both sides, so that ids, conflicts and later answers agree. */
export function writes(secret: string): SampleRequest[] {
  const token = (id: number, role: string, options: jwt.SignOptions = {}, key = secret): string =>
    jwt.sign({ email: 'x@example.com', role }, key, { algorithm: 'HS256', subject: String(id), expiresIn: 3_600, ...options });
  const bearer = (value: string): Record<string, string> => ({ authorization: `Bearer ${value}` });
  const admin = bearer(token(1, 'admin'));
  const staff = bearer(token(2, 'staff'));
  const send = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = staff): SampleRequest =>
    ({ method, path, headers: { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body }) });
  const teapot = { sku: 'tea-pot-1', name: ' Blue Teapot ', categoryId: 8, priceCents: 1990 };

  const callers = [
    {}, bearer('tea'), { authorization: 'Basic dGVh' }, bearer(token(3, 'customer')), bearer(token(2, 'staff', { expiresIn: -5 })),
    bearer(token(2, 'staff', {}, 'another secret')), { authorization: `bearer ${token(2, 'staff')}` }, admin,
  ];
  const mistakes = [
    undefined, [], null, 'tea', '{"sku":', {}, { ...teapot, categoryId: 'x' }, { ...teapot, categoryId: 999 }, { ...teapot, categoryId: 0 },
    { ...teapot, sku: '' }, { ...teapot, sku: 'a b' }, { ...teapot, sku: 'x'.repeat(41) }, { ...teapot, sku: 7 }, { ...teapot, name: '  ' },
    { ...teapot, name: 'x'.repeat(201) }, { ...teapot, name: 'a\u0000b' }, { ...teapot, description: 'x'.repeat(5_001) },
    { ...teapot, description: null }, { ...teapot, priceCents: -1 }, { ...teapot, priceCents: 1.5 }, { ...teapot, priceCents: '1' },
    { ...teapot, priceCents: 100_000_001 }, { ...teapot, currency: 'eur' }, { ...teapot, currency: 'EURO' }, { ...teapot, weightGrams: -1 },
    { ...teapot, weightGrams: 1_000_001 }, { ...teapot, description: 'x'.repeat(120_000) },
  ];
  return [
    ...callers.map((headers, index) => send('POST', '/products', { ...teapot, sku: `caller-${String(index)}` }, headers)),
    ...callers.slice(0, 5).flatMap((headers) => [
      send('PATCH', '/products/1', { name: 'Never' }, headers), send('DELETE', '/products/1', undefined, headers),
      send('POST', '/categories', { name: 'Never' }, headers),
    ]),
    ...mistakes.map((body) => send('POST', '/products', body)),
    send('POST', '/products', teapot), send('POST', '/products', teapot), send('POST', '/products', { ...teapot, sku: 'TEA-POT-2', description: 'İ ẞ 100 %' }),
    get('/products?q=teapot'), get('/products?q=i%CC%87'), get('/products?q=100%20%25'),
    ...[undefined, [], {}, { unknown: 1 }, { name: '' }, { categoryId: 999 }, { sku: 'TEA-POT-1' }, { priceCents: 2_147_483_648 }, { active: false },
      { name: null }].map((body) => send('PATCH', '/products/5', body)),
    ...[{ priceCents: 995 }, { priceCents: 990, name: 'Midnight kettle' }, { sku: 'kettle-9' }, { categoryId: 9 }, { description: '' }, { weightGrams: 0 },
      { currency: 'CHF' }].flatMap((body) => [send('PATCH', '/products/5', body), get('/products/5'), get('/products/5/price')]),
    get('/products?q=midnight'), send('PATCH', '/products/0', { name: 'x' }), send('PATCH', '/products/x', {}), send('PATCH', '/products/99999', { name: 'x' }),
    send('PATCH', '/products/99999', { categoryId: 999 }), send('DELETE', '/products/6'), send('DELETE', '/products/6'), get('/products/6'),
    send('PATCH', '/products/6', { name: 'x' }), send('DELETE', '/products/x'), send('DELETE', '/products/99999'), get('/products?limit=100&page=3'),
    ...[undefined, {}, { name: '' }, { name: '***' }, { name: 'x'.repeat(101) }, { name: 'Tea', parentId: 999 }, { name: 'Tea', parentId: 'x' },
      { name: '***', parentId: 'x' }, { name: 'Crème & Brûlée', parentId: 1 }, { name: 'creme brulee' }, { name: 'Attic' }].map((body) => send('POST', '/categories', body)),
    get('/categories'), get('/products?category=creme-brulee'), send('PUT', '/products/1', teapot), send('POST', '/products/1', teapot),
    send('DELETE', '/categories/1'), send('POST', '/products', teapot, { ...staff, 'content-type': 'text/plain' }),
    send('POST', '/products', teapot, { ...staff, 'content-type': 'application/json; charset=latin-9' }),
    { method: 'HEAD', path: '/products/1' }, { method: 'OPTIONS', path: '/products/1' }, { method: 'OPTIONS', path: '/categories' },
  ];
}

export const reads = (): SampleRequest[] => [...products(), ...lists(), ...refusedReads];
