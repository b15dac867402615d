/**
 * What Structurizr's parser and Context Mapper's grammar and validators say of our output. They are Java: this needs `java` (17 or newer) and `mvn`.
 *   node analyzer/test/nightly/notations.ts [DIR …]
 * checks the sample monolith, every DIR, and the bookshop under names that mean something to a notation. Leaves with 1 when either refuses a file.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { analyze, formats, type Analysis } from '../../src/index.ts';
import { hostileName, renamedCatalog } from '../analysed-shop.ts';

const HOSTILE = 60;
const NOTATIONS = [{ name: 'structurizr', format: 'structurizr', ending: 'dsl' }, { name: 'context-mapper', format: 'cml', ending: 'cml' }];

/** Runs a command here; its output is the answer. Ends this script when the command is missing or fails. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error === undefined && status === 0) return stdout;
  process.stderr.write(`${error === undefined ? `${stdout}${stderr}` : `${command}: ${error.message}`}\n`);
  process.exit(error === undefined ? 1 : 3);
}

const systems: { name: string; analysis: Analysis }[] = [];
for (const directory of [join(import.meta.dirname, '../../../monolith/src'), ...process.argv.slice(2)]) {
  systems.push({ name: `system-${String(systems.length)}`, analysis: await analyze(directory, { without: ['history'] }) });
}
systems.push(...fc.sample(hostileName, { numRuns: HOSTILE, seed: 1 }).map((name, i) => ({ name: `shop-${String(i)}`, analysis: renamedCatalog(name) })));

const out = mkdtempSync(join(tmpdir(), 'notations-'));
for (const { name, format, ending } of NOTATIONS) {
  const files = systems.map((system) => {
    const file = join(out, `${system.name}.${ending}`);
    writeFileSync(file, formats.get(format)?.text(system.analysis) ?? '');
    return file;
  });
  const home = join(import.meta.dirname, name);
  const classes = join(out, `${name}.classpath`);
  run('mvn', ['-q', 'dependency:build-classpath', `-Dmdep.outputFile=${classes}`], home);
  // Context Mapper's Guice reaches into java.lang.
  const said = run('java', ['--add-opens', 'java.base/java.lang=ALL-UNNAMED', '-cp', readFileSync(classes, 'utf8').trim(), 'Check.java', ...files], home);
  process.stdout.write(said.split('\n').filter((line) => line.includes('system-')).map((line) => `${name} ${line.slice(line.lastIndexOf('/') + 1)}\n`).join(''));
  process.stdout.write(`${name}: ${String(files.length)} files accepted\n`);
}
rmSync(out, { recursive: true });
