import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stage } from '../model/kept.ts';

const WHOLE = { folder: '..', libraries: ['oxc-parser', 'ts-morph', 'libpg-query', 'zod'] };

/** Where the code of a stage lies, and the libraries whose answers it passes on. */
const CODE: Readonly<Record<Stage, { readonly folder: string; readonly libraries: readonly string[] }>> = {
  facts: { folder: '../read/parse', libraries: ['oxc-parser', 'ts-morph'] },
  readings: { folder: '../cluster', libraries: [] },
  questions: WHOLE,
  answer: WHOLE,
};

/** Changes whenever the code of a stage does, its library, or the Node that wrote the entry: nobody has to remember to raise a number. */
export const versionOf = (stage: Stage): string => {
  const { folder, libraries } = CODE[stage];
  const root = fileURLToPath(new URL(folder, import.meta.url));
  const hash = createHash('sha256').update(process.versions.v8);
  for (const name of libraries) hash.update(`${name} ${libraryVersion(name)}`);
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:ts|js|css)$/.test(name) && !name.endsWith('.test.ts')).sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
};

/** From the package.json above a library's entry: its `exports` need not name it. */
const libraryVersion = (name: string): string => {
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    for (let at = dirname(entry); at !== dirname(at); at = dirname(at)) {
      const found = /"name":\s*"([^"]+)"[\s\S]*?"version":\s*"([^"]+)"/.exec(textOf(join(at, 'package.json')));
      if (found?.[1] === name) return found[2] ?? '';
    }
  } catch {
    // Not installed on this platform: then it gives no answers either.
  }
  return '';
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
