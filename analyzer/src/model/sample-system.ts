import { compareText, type ModulePath } from './evidence.ts';
import type { CallEdge, EndpointFact, ForeignKey, ImportEdge, ModuleHistory, SystemModel, TableAccess, TransactionScope } from './graph.ts';

/** A system written down by hand, for tests and examples: short strings in, a whole model out. */
export interface Sketch {
  readonly name?: string;
  /** `path` → declared identifiers. */
  readonly modules: Readonly<Record<ModulePath, readonly string[]>>;
  /** `a.ts > b.ts`, or `a.ts ~> b.ts` for types only. */
  readonly imports?: readonly string[];
  /** `a.ts#f > b.ts#g` */
  readonly calls?: readonly string[];
  /** `GET /orders > a.ts#handler` */
  readonly endpoints?: readonly string[];
  /** `table: column, column` */
  readonly tables?: readonly string[];
  /** `a.ts#f reads users + orders`, `a.ts#f writes orders in checkout`: joined tables after +, the transaction after in. */
  readonly accesses?: readonly string[];
  /** `orders.user_id > users`, `… cascade` */
  readonly foreignKeys?: readonly string[];
  /** `a.ts & b.ts: 7` */
  readonly coChanges?: readonly string[];
  /** `a.ts: 12 by Ada, 3 by Grace` */
  readonly history?: readonly string[];
}

/** Builds the model; lines count up in the order of the sketch. */
export function systemOf(sketch: Sketch): SystemModel {
  const accesses = (sketch.accesses ?? []).map(access);
  return {
    name: sketch.name ?? 'sample',
    modules: Object.entries(sketch.modules).map(([path, symbols]) => ({ path, lines: 40 + symbols.length * 20, kind: kindOf(path), symbols })).sort((a, b) => compareText(a.path, b.path)),
    imports: (sketch.imports ?? []).map(importEdge), calls: (sketch.calls ?? []).map(call), endpoints: (sketch.endpoints ?? []).map(endpoint),
    tables: (sketch.tables ?? []).map((text, i) => ({ name: part(text, ':', 0), columns: part(text, ':', 1).split(', ').filter((column) => column !== ''), triggers: [], evidence: { file: 'migrations/0001_init.ts', line: i + 1 }, declared: true })),
    accesses, transactions: scopes(accesses), foreignKeys: (sketch.foreignKeys ?? []).map(foreignKey),
    coChanges: (sketch.coChanges ?? []).map((text) => ({ a: part(text, ' & ', 0), b: part(part(text, ' & ', 1), ': ', 0), weight: Number(part(text, ': ', 1)), commits: Number(part(text, ': ', 1)) })),
    history: (sketch.history ?? []).map(moduleHistory), views: [], triggers: [], unresolved: [], crossCheck: [],
  };
}

const kindOf = (path: string): SystemModel['modules'][number]['kind'] => (path.endsWith('.test.ts') ? 'test' : path.startsWith('migrations/') ? 'migration' : 'source');
const part = (text: string, by: string, i: number): string => text.split(by)[i]?.trim() ?? '';
const ref = (text: string): { module: string; name: string } => ({ module: part(text, '#', 0), name: part(text, '#', 1) });

function importEdge(text: string, i: number): ImportEdge {
  const type = text.includes('~>');
  const [from, to] = [part(text, type ? '~>' : '>', 0), part(text, type ? '~>' : '>', 1)];
  return { from, to, kind: type ? 'type' : 'value', test: from.endsWith('.test.ts'), symbols: [], through: [], evidence: { file: from, line: i + 1 } };
}

function moduleHistory(text: string): ModuleHistory {
  const counts = part(text, ': ', 1).split(', ').map((one) => ({ name: part(one, ' by ', 1), commits: Number(part(one, ' by ', 0)) }));
  const commits = counts.reduce((total, { commits: its }) => total + its, 0);
  return { module: part(text, ': ', 0), commits, churn: commits, authors: counts.map(({ name, commits: its }) => ({ name, commits: its, share: its / commits })) };
}

const call = (text: string, i: number): CallEdge => ({ from: ref(part(text, '>', 0)), to: ref(part(text, '>', 1)), kind: 'call', evidence: { file: ref(text).module, line: i + 1 } });

function endpoint(text: string, i: number): EndpointFact {
  const handler = ref(part(text, '>', 1));
  const [method = '', path = ''] = part(text, '>', 0).split(' ');
  return { method, path, module: handler.module, handlers: [handler], framework: 'express', evidence: { file: handler.module, line: i + 1 } };
}

function access(text: string, i: number): TableAccess {
  const [, at = '', mode = '', table = '', , joined, , transaction] = /^(\S+) (reads|writes) (\S+)( \+ (\S+))?( in (\S+))?$/.exec(text) ?? [];
  return {
    table, mode: mode === 'writes' ? 'write' : 'read', at: ref(at), columns: [], via: 'knex', joined: joined === undefined ? [] : [joined],
    ...(transaction === undefined ? {} : { transaction }), evidence: { file: ref(at).module, line: 100 + i },
  };
}

function scopes(accesses: readonly TableAccess[]): TransactionScope[] {
  const first = new Map<string, TransactionScope>();
  for (const { transaction: id, at, evidence } of accesses) if (id !== undefined && !first.has(id)) first.set(id, { id, at, evidence });
  return [...first.values()];
}

function foreignKey(text: string, i: number): ForeignKey {
  const [from = '', to = ''] = text.replace(' cascade', '').split(' > ');
  return { from: { table: part(from, '.', 0), columns: [part(from, '.', 1)] }, to: { table: to, columns: ['id'] }, ...(text.endsWith(' cascade') ? { onDelete: 'CASCADE' } : {}), evidence: { file: 'migrations/0001_init.ts', line: 50 + i } };
}

/** A small bookshop with the usual sins: a checkout over three contexts, a `customers` table everybody reads, a util everybody imports. */
export const bookshop = (): SystemModel => systemOf({
  name: 'bookshop',
  modules: {
    'app.ts': ['createApp'], 'util.ts': ['money', 'slug', 'assert'],
    'catalog/routes.ts': ['catalogRouter'], 'catalog/books.ts': ['findBook', 'saveBook'], 'catalog/authors.ts': ['findAuthor'], 'catalog/search.ts': ['searchBooks'],
    'stock/routes.ts': ['stockRouter'], 'stock/shelves.ts': ['reserve', 'restock'], 'stock/alerts.ts': ['lowStock'],
    'orders/routes.ts': ['ordersRouter'], 'orders/checkout.ts': ['checkout'], 'orders/orders.ts': ['findOrder', 'saveOrder'], 'orders/tax.ts': ['taxOf'],
    'customers/routes.ts': ['customersRouter'], 'customers/customers.ts': ['findCustomer', 'saveCustomer'], 'customers/addresses.ts': ['findAddress'],
    'orders/checkout.test.ts': [], 'migrations/0001_init.ts': [],
  },
  imports: [
    'app.ts > catalog/routes.ts', 'app.ts > stock/routes.ts', 'app.ts > orders/routes.ts', 'app.ts > customers/routes.ts',
    'catalog/routes.ts > catalog/books.ts', 'catalog/routes.ts > catalog/search.ts', 'catalog/books.ts > catalog/authors.ts', 'catalog/search.ts > catalog/books.ts', 'catalog/authors.ts > catalog/books.ts',
    'stock/routes.ts > stock/shelves.ts', 'stock/shelves.ts > stock/alerts.ts', 'stock/alerts.ts > catalog/books.ts',
    'orders/routes.ts > orders/checkout.ts', 'orders/routes.ts > orders/orders.ts', 'orders/checkout.ts > orders/orders.ts', 'orders/checkout.ts > orders/tax.ts', 'orders/checkout.ts > stock/shelves.ts', 'orders/tax.ts ~> customers/addresses.ts',
    'customers/routes.ts > customers/customers.ts', 'customers/customers.ts > customers/addresses.ts', 'orders/checkout.test.ts > orders/checkout.ts',
    ...['catalog/books.ts', 'catalog/search.ts', 'stock/shelves.ts', 'orders/checkout.ts', 'orders/tax.ts', 'customers/customers.ts', 'customers/addresses.ts'].map((path) => `${path} > util.ts`),
  ],
  calls: [
    'catalog/routes.ts#list > catalog/search.ts#searchBooks', 'catalog/routes.ts#read > catalog/books.ts#findBook', 'catalog/routes.ts#create > catalog/books.ts#saveBook', 'catalog/books.ts#findBook > catalog/authors.ts#findAuthor',
    'stock/routes.ts#restock > stock/shelves.ts#restock', 'stock/shelves.ts#restock > stock/alerts.ts#lowStock', 'stock/alerts.ts#lowStock > catalog/books.ts#findBook',
    'orders/routes.ts#place > orders/checkout.ts#checkout', 'orders/routes.ts#read > orders/orders.ts#findOrder', 'orders/checkout.ts#checkout > orders/tax.ts#taxOf', 'orders/checkout.ts#checkout > stock/shelves.ts#reserve', 'orders/checkout.ts#checkout > orders/orders.ts#saveOrder',
    'customers/routes.ts#read > customers/customers.ts#findCustomer', 'customers/routes.ts#save > customers/customers.ts#saveCustomer', 'customers/customers.ts#findCustomer > customers/addresses.ts#findAddress',
  ],
  endpoints: [
    'GET /books > catalog/routes.ts#list', 'GET /books/:id > catalog/routes.ts#read', 'POST /books > catalog/routes.ts#create', 'POST /shelves/:id/restock > stock/routes.ts#restock',
    'POST /orders > orders/routes.ts#place', 'GET /orders/:id > orders/routes.ts#read', 'GET /customers/:id > customers/routes.ts#read', 'PUT /customers/:id > customers/routes.ts#save', 'GET /health > app.ts#health',
  ],
  tables: ['books: id, title, price', 'authors: id, name', 'shelves: id, book_id, count', 'orders: id, customer_id, total', 'order_lines: order_id, book_id, price', 'customers: id, email, spent', 'addresses: id, customer_id, country'],
  accesses: [
    'orders/checkout.ts#checkout writes customers in checkout',
    'catalog/books.ts#findBook reads books + authors', 'catalog/books.ts#saveBook writes books', 'catalog/authors.ts#findAuthor reads authors', 'catalog/authors.ts#saveAuthor writes authors', 'catalog/search.ts#searchBooks reads books',
    'stock/shelves.ts#restock writes shelves', 'stock/shelves.ts#reserve reads shelves', 'stock/shelves.ts#reserve writes shelves in checkout', 'stock/alerts.ts#lowStock reads shelves + books',
    'orders/orders.ts#findOrder reads orders + customers', 'orders/orders.ts#findOrder reads order_lines', 'orders/orders.ts#saveOrder writes orders in checkout', 'orders/orders.ts#saveOrder writes order_lines in checkout', 'orders/tax.ts#taxOf reads addresses',
    'customers/customers.ts#findCustomer reads customers', 'customers/customers.ts#saveCustomer writes customers', 'customers/addresses.ts#findAddress reads addresses', 'customers/addresses.ts#saveAddress writes addresses', 'stock/alerts.ts#lowStock reads customers',
  ],
  foreignKeys: ['order_lines.order_id > orders cascade', 'order_lines.book_id > books', 'orders.customer_id > customers', 'addresses.customer_id > customers cascade', 'shelves.book_id > books', 'books.author_id > authors'],
  history: ['orders/checkout.ts: 20 by Ada, 10 by Grace', 'orders/tax.ts: 7 by Ada', 'stock/shelves.ts: 9 by Grace', 'catalog/books.ts: 6 by Mary', 'customers/customers.ts: 4 by Mary'],
  coChanges: ['orders/checkout.ts & orders/tax.ts: 7', 'orders/checkout.ts & stock/shelves.ts: 4', 'catalog/books.ts & catalog/search.ts: 5'],
});
