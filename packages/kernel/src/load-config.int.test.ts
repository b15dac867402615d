import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './load-config.ts';

let directory: string;
beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'strangler-config-')); });
afterAll(async () => { await rm(directory, { recursive: true, force: true }); });

test('a YAML config names its settings as ${NAME}, and nothing is read from the environment', async () => {
  const file = join(directory, 'strangler.config.yaml');
  await writeFile(file, `monolith: { source: src, url: "\${MONOLITH_URL}", database: "\${MONOLITH_DATABASE_URL}" }
services: {}
routes: {}
compare: { promoteWhen: { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 2 } }
`);
  const { config } = await loadConfig(directory);
  expect(config.monolith).toEqual({ source: 'src', url: { env: 'MONOLITH_URL' }, database: { env: 'MONOLITH_DATABASE_URL' } });
});

test('a directory without a config says which file is missed', async () => {
  await expect(loadConfig(join(directory, 'nowhere'))).rejects.toMatchObject({ code: 'STR_CONFIG_NOT_FOUND', exitCode: 2 });
});

test('a config that does not parse says where', async () => {
  const file = join(directory, 'broken.yaml');
  await writeFile(file, 'monolith: [');
  await expect(loadConfig(file)).rejects.toMatchObject({ code: 'STR_CONFIG_UNREADABLE' });
});
