import { access, readFile } from 'node:fs/promises';
import { createRequire, findPackageJSON, registerHooks } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse as parseYaml } from 'yaml';
import type { ZodError } from 'zod';
import { checkConfig } from './check-config.ts';
import { configSchema } from './config-schema.ts';
import { FindingsError, StranglerError, type Finding } from './errors.ts';
import type { MigrationConfig } from './migration-config.ts';

export const CONFIG_FILES = ['strangler.config.ts', 'strangler.config.yaml', 'strangler.config.yml', 'strangler.config.json'] as const;

export interface LoadedConfig {
  readonly file: string;
  readonly config: MigrationConfig;
}

/**
 * Reads and checks a config. `path` is a file, or a directory in which one of `CONFIG_FILES` lies.
 * @throws StranglerError STR_CONFIG_NOT_FOUND, STR_CONFIG_UNREADABLE; FindingsError STR_BAD_CONFIG with every problem at once.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = await findConfig(resolve(path));
  const config = parseConfig(await readRaw(file), file);
  return { file, config };
}

/** Checks a value that claims to be a config. @throws FindingsError STR_BAD_CONFIG with every problem at once. */
export function parseConfig(raw: unknown, name = 'the config'): MigrationConfig {
  const parsed = configSchema.safeParse(raw);
  const findings = parsed.success ? checkConfig(parsed.data as MigrationConfig) : [...shapeFindings(parsed.error), ...meaningOfTheRest(raw, parsed.error)];
  if (findings.length === 0 && parsed.success) return parsed.data as MigrationConfig;
  throw new FindingsError({
    code: 'STR_BAD_CONFIG',
    message: `${name} has ${String(findings.length)} mistake${findings.length === 1 ? '' : 's'}.`,
    remedy: 'Mend each of them; nothing was started or changed.',
  }, findings);
}

/** A wrong shape in one route must not hide what is wrong in another: what is broken is left out and the rest is still checked. */
function meaningOfTheRest(raw: unknown, error: ZodError): Finding[] {
  const copy: unknown = structuredClone(raw);
  const broken = error.issues.map(({ path }) => path.slice(0, 2)).sort((a, b) => b.length - a.length);
  for (const [section, name] of broken) {
    if (section === undefined || name === undefined || !isRecord(copy)) return [];
    const entries = copy[String(section)];
    if (!isRecord(entries)) return [];
    Reflect.deleteProperty(entries, name);
  }
  const rest = configSchema.safeParse(copy);
  if (!rest.success) return [];
  const gone = new Set(broken.filter(([section]) => section === 'services').map(([, name]) => String(name)));
  return checkConfig(rest.data as MigrationConfig).filter(({ code, message }) => code !== 'STR_UNKNOWN_SERVICE' || ![...gone].some((name) => message.includes(`'${name}'`)));
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const shapeFindings = (error: ZodError): Finding[] => error.issues.map(({ path, message }) => ({
  code: 'STR_BAD_CONFIG', severity: 'error', where: path.map(String).join('.') || '(top)', message,
}));

async function findConfig(path: string): Promise<string> {
  if (extname(path) !== '') {
    if (await exists(path)) return path;
  } else {
    for (const name of CONFIG_FILES) {
      const candidate = join(path, name);
      if (await exists(candidate)) return candidate;
    }
  }
  throw new StranglerError({
    code: 'STR_CONFIG_NOT_FOUND',
    message: extname(path) === '' ? `There is no ${CONFIG_FILES[0]} (or .yaml) in ${path}.` : `There is no ${path}.`,
    remedy: 'Run `strangler init` to write one, or name it with --config FILE.',
  });
}

/**
 * A config lies in the monolith's repository: nobody has installed us there, and its package.json may say `commonjs`. So `@strangler/kernel` means this very kernel
 * unless another is installed, and a config in TypeScript is a module whatever its neighbours are.
 */
async function importConfig(file: string): Promise<unknown> {
  const { href } = pathToFileURL(file);
  if (await isAtHome(file)) return import(href);
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== '@strangler/kernel') return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return { url: new URL('index.ts', import.meta.url).href, shortCircuit: true };
      }
    },
    load: (loaded, context, next) => next(loaded, loaded === href && href.endsWith('.ts') ? { ...context, format: 'module-typescript' } : context),
  });
  try {
    return await import(href);
  } finally {
    hooks.deregister();
  }
}

/** Whether Node would load the config as it is: a kernel is installed there, and .ts files are modules. */
async function isAtHome(file: string): Promise<boolean> {
  try {
    createRequire(file).resolve('@strangler/kernel');
    const manifest = findPackageJSON(pathToFileURL(file));
    return manifest !== undefined && (JSON.parse(await readFile(manifest, 'utf8')) as { type?: unknown }).type === 'module';
  } catch {
    return false;
  }
}

async function readRaw(file: string): Promise<unknown> {
  try {
    if (/\.(ya?ml|json)$/.test(file)) return namedSettings(parseYaml(await readFile(file, 'utf8')));
    const { default: config } = await importConfig(file) as { default?: unknown };
    return config;
  } catch (cause) {
    throw new StranglerError({
      code: 'STR_CONFIG_UNREADABLE',
      message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Mend the syntax; a TypeScript config exports `defineMigration({ … })` as its default.',
      cause,
    });
  }
}

/** In YAML a setting reads `${ORDERS_URL}`; it becomes `{ env: 'ORDERS_URL' }`, to be resolved by the command that needs it. */
function namedSettings(value: unknown): unknown {
  if (typeof value === 'string') {
    const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(value)?.[1];
    return name === undefined ? value : { env: name };
  }
  if (Array.isArray(value)) return value.map(namedSettings);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, namedSettings(inner)]));
  return value;
}

const exists = async (path: string): Promise<boolean> => access(path).then(() => true, () => false);
