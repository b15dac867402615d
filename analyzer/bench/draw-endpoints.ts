import { parseArgs } from 'node:util';
import { drawSites, sitesIn } from './endpoint-sites.ts';

/** Prints a seeded sample of places to label by hand: `node analyzer/bench/draw-endpoints.ts ROOT --seed 11 --each 8`. Knows nothing of the reader under test. */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string', default: '1' }, each: { type: 'string', default: '8' }, 'per-file': { type: 'string', default: '2' } } });
const [root] = positionals;
if (root === undefined) {
  console.error('Name the directory to draw from.');
  process.exit(2);
}
const each = Number(values.each);
const sites = sitesIn(root);
for (const { file, line, kind, text } of drawSites(sites, Number(values.seed), { call: 2 * each, decorator: 2 * each, graphql: each, job: Math.ceil(each / 2), event: Math.ceil(each / 2) }, Number(values['per-file']))) {
  console.log(`${kind}\t${file}:${String(line)}\t${text.slice(0, 160)}`);
}
