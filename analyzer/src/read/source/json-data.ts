import { dirname, join } from 'node:path';
import type { ModulePath } from '../../model/evidence.ts';
import type { Disk } from './disk.ts';
import { UNKNOWN, text, type Value } from '../interpret/values.ts';

const MOST_LENGTH = 200_000;

/** JSON that a module imports (`import config from './plugin.json'`), as a value: its names often end up in paths and tables. */
export const jsonReader = (root: string, disk: Disk): ((from: ModulePath, specifier: string) => Value) => {
  const known = new Map<string, Value>();
  return (from, specifier) => {
    const path = join(root, dirname(from), specifier);
    const value = known.get(path) ?? readValue(path.endsWith('.json') ? path : `${path}.json`, disk);
    known.set(path, value);
    return value;
  };
};

const readValue = (path: string, disk: Disk): Value => {
  try {
    const { text: json = '' } = disk.text(path);
    return json.length > MOST_LENGTH ? UNKNOWN : asValue(JSON.parse(json));
  } catch {
    return UNKNOWN;
  }
};

const asValue = (data: unknown): Value => {
  if (typeof data === 'string') return text(data);
  if (typeof data === 'number' || typeof data === 'boolean' || data === null) return { kind: 'constant', value: data };
  if (Array.isArray(data)) return { kind: 'list', items: data.map(asValue) };
  return typeof data === 'object' ? { kind: 'object', properties: new Map(Object.entries(data).map(([key, one]) => [key, asValue(one)])) } : UNKNOWN;
};
