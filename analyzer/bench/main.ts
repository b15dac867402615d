import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { corpusAt, table, type Row } from './suite.ts';
import { SUITES } from './suites.ts';
import { TUNED } from './systems.ts';

/** Reproduces every figure of the analyzer: `npm run bench:analyzer [-- --only SUITE[,SUITE]] [--json FILE]`. */
const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
const only = values.only?.split(',');
const wrong = only?.filter((name) => !SUITES.some((suite) => suite.name === name)) ?? [];
if (wrong.length > 0) {
  console.error(`--only knows no ${wrong.join(', ')}; suites: ${SUITES.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const chosen = SUITES.filter(({ name }) => only === undefined || only.includes(name));
const directory = process.env['ANALYZER_CORPUS'];
if (directory === undefined && chosen.some(({ standalone }) => standalone !== true)) {
  console.error('ANALYZER_CORPUS is not set: name the directory that holds the checkouts.');
  for (const system of TUNED) console.error(`  ${system.directory}/  from ${system.source}`);
  process.exit(2);
}

const corpus = corpusAt(directory ?? '');
const rows: Row[] = [];
for (const { name, rows: measure } of chosen) {
  const found = await measure(corpus);
  console.log(`\n${name}\n${table(found)}`);
  rows.push(...found);
}
if (rows.length === 0) process.exit(3);
const missed = rows.filter(({ met }) => met === false);
console.log(`\n${String(rows.filter(({ met }) => met === true).length)} goals met, ${String(missed.length)} missed${missed.length === 0 ? '' : `: ${missed.map(({ name }) => name).join('; ')}`}.`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ command: 'ANALYZER_CORPUS=DIR npm run bench:analyzer -- --json docs/benchmarks/analyzer.json', cores: availableParallelism(), node: process.version, rows }, null, 2)}\n`);
