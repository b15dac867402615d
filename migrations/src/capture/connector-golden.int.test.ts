import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '@strangler/kernel';
import { connectorConfigs, printConnector } from './connector.ts';

const root = resolve(import.meta.dirname, '../../..');
const directory = join(root, 'migrations/connectors');
let expected: Map<string, string>;

beforeAll(async () => {
  const { config } = await loadConfig(root);
  expected = new Map([...connectorConfigs(config)].map(([file, connector]) => [file, printConnector(connector)]));
  if (process.env['UPDATE_GOLDEN'] !== '1') return;
  for (const file of await committed()) await rm(join(directory, file));
  for (const [file, text] of expected) await writeFile(join(directory, file), text);
});

const committed = async (): Promise<string[]> => (await readdir(directory)).filter((file) => file.endsWith('.json')).sort();

test('the committed connectors are those of strangler.config.ts (UPDATE_GOLDEN=1 rewrites them)', async () => {
  expect(await committed()).toEqual([...expected.keys()]);
  for (const [file, text] of expected) expect({ file, text: await readFile(join(directory, file), 'utf8') }).toEqual({ file, text });
});
