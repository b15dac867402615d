import type { Rounding } from './domain/price.ts';

/** Everything the service reads from its environment. */
export interface Config {
  readonly host: string;
  /** 0: any free port; the listening line tells which. */
  readonly port: number;
  readonly databaseUrl: string;
  readonly jwtSecret: string;
  readonly rounding: Rounding;
  readonly build: string;
  /** Bring the schema up to date before listening. */
  readonly migrate: boolean;
}

/** A reason not to start: a code to search for, the fact, and what to do. `main` prints it as one line and exits with 3. */
export class CannotStart extends Error {
  override name = 'CannotStart';

  constructor(code: string, fact: string, remedy: string) {
    super(`${code}: ${fact}. ${remedy}.`);
  }
}

const ROUNDINGS: readonly Rounding[] = ['half-up', 'half-even'];

function readPort(text: string, problems: string[]): number {
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`PORT must be 0 to 65535, not '${text}'`);
  return port;
}

function readRounding(text: string, problems: string[]): Rounding {
  const rounding = ROUNDINGS.find((known) => known === text);
  if (rounding === undefined) problems.push(`CATALOG_ROUNDING must be ${ROUNDINGS.join(' or ')}, not '${text}'`);
  return rounding ?? 'half-up';
}

function readSwitch(name: string, text: string, problems: string[]): boolean {
  if (text !== '0' && text !== '1') problems.push(`${name} must be 0 or 1, not '${text}'`);
  return text === '1';
}

/** Throws one CannotStart that names every mistake. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const required = (name: string, example: string): string => {
    const value = env[name] ?? '';
    if (value === '') problems.push(`${name} is missing (${example})`);
    return value;
  };
  const config: Config = {
    host: env['HOST'] ?? '127.0.0.1',
    port: readPort(env['PORT'] ?? '3001', problems),
    databaseUrl: required('DATABASE_URL', 'postgres://user:password@host:5432/catalog'),
    jwtSecret: required('JWT_SECRET', "the monolith's"),
    rounding: readRounding(env['CATALOG_ROUNDING'] ?? 'half-up', problems),
    build: env['BUILD'] ?? 'dev',
    migrate: readSwitch('MIGRATE', env['MIGRATE'] ?? '0', problems),
  };
  if (problems.length > 0) throw new CannotStart('CATALOG_BAD_SETTINGS', problems.join('; '), 'Correct the environment and start again');
  return config;
}
