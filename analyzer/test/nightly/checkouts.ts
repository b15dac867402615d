import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeProcess } from '../robust/process.ts';
import { Tree } from '../robust/tree.ts';
import { analysisSchema, complaints } from '../schema.ts';

/**
 * Every checkout below ANALYZER_CORPUS as a whole, or those that are named: `node analyzer/test/nightly/checkouts.ts [NAME…]`. Each must end with exit 0, with JSON that
 * holds to the published schema, and with reports that name no directory of this machine.
 */
const corpus = process.env['ANALYZER_CORPUS'];
if (corpus === undefined) {
  console.error('ANALYZER_CORPUS is not set: name the directory that holds the checkouts.');
  process.exit(2);
}
const named = process.argv.slice(2);
const names = named.length > 0 ? named : readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
const schema = analysisSchema();
const failed: string[] = [];
for (const name of names) {
  using out = new Tree({});
  const { code, cpuSeconds, err, peakMb } = await analyzeProcess([join(corpus, name), '--quiet', '--out', out.path], { seconds: 1800 });
  const reports = readdirSync(out.path).map((file) => ({ file, text: readFileSync(out.at(file), 'utf8') }));
  const json = reports.find(({ file }) => file === 'analysis.json');
  const problems = [
    ...(code === 0 ? [] : [`exit ${String(code)}: ${err.slice(0, 300)}`]),
    ...(json === undefined ? [] : complaints(schema, JSON.parse(json.text)).slice(0, 3)),
    ...reports.filter(({ text }) => [corpus, out.path, process.cwd()].some((path) => text.includes(path))).map(({ file }) => `${file} names a directory of this machine`),
  ];
  if (problems.length > 0) failed.push(name);
  console.log(`${name.padEnd(20)} ${cpuSeconds.toFixed(1).padStart(6)} s of CPU  ${String(peakMb).padStart(5)} MB  ${problems.length === 0 ? 'holds' : problems.join('; ')}`);
}
console.log(failed.length === 0 ? `${String(names.length)} of ${String(names.length)} hold.` : `Failed: ${failed.join(', ')}.`);
process.exit(failed.length === 0 ? 0 : 1);
