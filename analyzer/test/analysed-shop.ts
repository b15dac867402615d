import fc from 'fast-check';
import { cluster } from '../src/cluster/cluster.ts';
import type { ContextPins } from '../src/cluster/pins.ts';
import { measure } from '../src/measure/measure.ts';
import type { SystemModel } from '../src/model/graph.ts';
import { bookshop } from '../src/model/sample-system.ts';
import type { Analysis } from '../src/propose/analysis.ts';
import { propose } from '../src/propose/propose.ts';

/** The bookshop's contexts as a team would pin them, so that a test of a report does not depend on what clustering makes of it. */
export const SHOP_PINS: ContextPins = {
  contexts: {
    catalog: { modules: ['catalog/**'], tables: ['books', 'authors'] }, stock: { modules: ['stock/**'], tables: ['shelves'] },
    orders: { modules: ['orders/**'], tables: ['orders', 'order_lines'] }, customers: { modules: ['customers/**'], tables: ['customers', 'addresses'] },
  },
  shared: ['app.ts', 'util.ts'],
};

export function analysed(model: SystemModel = bookshop(), pins: ContextPins = SHOP_PINS): Analysis {
  const measures = measure(model);
  return propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins }), { without: [], seed: 1 });
}

const shop = JSON.stringify(analysed());

/** The analysis with every `catalog` in it, be it a context, a folder or part of a sentence, replaced by a name that some syntax might choke on. */
export const renamedCatalog = (name: string): Analysis => JSON.parse(shop, (_key, value: unknown) => (typeof value === 'string' ? value.replaceAll('catalog', () => name) : value)) as Analysis;

/** Names that mean something to one of the notations we print. */
export const hostileName = fc.oneof(
  fc.constantFrom('my books', 'say "hi"', "o'reilly", '書店', '${HOME}', 'a\\', '# no', '// no', '*/ no', '<b>', '@org', '[id]', '|', '`', '{}', 'workspace', 'BoundedContext', '- a', 'yes', '1', '!a', '%', 'a:b', '🐘', '\u2028'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
// No file system has a slash in a name, and git no NUL.
).map((name) => name.replace(/[/\0]/g, '-')).filter((name) => name.trim() !== '' && name !== '.' && name !== '..');
