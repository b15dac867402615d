import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyze } from '@strangler/analyzer';
import { FindingsError, loadConfig } from '@strangler/kernel';
import { compileRoutes } from '@strangler/proxy';

/** Public systems below ANALYZER_CORPUS, and the sample: their drafted configs must load without a finding, and compile to a route table without an overlap. */
const ROOTS = [
  'unleash/src/lib', 'immich/server/src', 'ghostfolio/apps/api', 'outline/server', 'kutt', 'wiki/server', 'amplication/packages/amplication-server/src', 'overseerr/server',
  'bigcapital/packages/server/src', 'vendure/packages/core/src', 'gauzy/packages/core/src',
];

const corpus = process.env['ANALYZER_CORPUS'];
const systems = [fileURLToPath(new URL('../../../../monolith', import.meta.url)), ...(corpus === undefined ? [] : ROOTS.map((root) => join(corpus, root)))];
if (corpus === undefined) console.log('ANALYZER_CORPUS is not set: only the sample is drafted');

for (const system of systems) {
  if (!existsSync(system)) console.log(`${system}: missing`);
  else console.log(`${system.split('/').slice(-3).join('/')}: ${await judge(system)}`);
}

async function judge(system: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'draft-'));
  try {
    const { draft } = await analyze(system, { without: ['history'] });
    await writeFile(join(directory, 'strangler.config.ts'), draft);
    const { config } = await loadConfig(directory);
    compileRoutes(config);
    return `loads and compiles: ${String(Object.keys(config.services).length)} services, ${String(Object.keys(config.routes).length)} routes, ${String(Object.keys(config.replication ?? {}).length)} replications`;
  } catch (error) {
    process.exitCode = 1;
    return `REFUSED ${(error as Error).message} ${error instanceof FindingsError ? JSON.stringify(error.findings.slice(0, 5)) : ''}`;
  } finally {
    await rm(directory, { recursive: true });
  }
}
