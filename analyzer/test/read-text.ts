import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SystemModel } from '../src/model/graph.ts';
import { readSystem } from '../src/read/read-system.ts';

/** Reads a project that is written out in a test: path → text. */
export const readText = async (files: Readonly<Record<string, string>>, options: { readonly database?: string } = {}): Promise<SystemModel> => {
  const path = mkdtempSync(join(tmpdir(), 'monolith-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    return await readSystem(path, { history: false, ...options });
  } finally {
    rmSync(path, { recursive: true });
  }
};
