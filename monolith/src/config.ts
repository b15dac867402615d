/** Everything the shop reads from its environment. `loadConfig` reports every missing setting at once. */
export interface Config {
  host: string;
  port: number;
  databaseUrl: string;
  jwtSecret: string;
  jobs: boolean;
}

/** The environment cannot run the shop; `main` turns it into one line on stderr and exit code 3. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

function readPort(value: string | undefined, problems: string[]): number {
  const port = Number(value ?? '3000');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`PORT must be 0..65535, not '${String(value)}'`);
  return port;
}

export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const port = readPort(env['PORT'], problems);
  const databaseUrl = env['DATABASE_URL'] ?? '';
  const jwtSecret = env['JWT_SECRET'] ?? '';
  if (databaseUrl === '') problems.push('DATABASE_URL is missing (postgres://user:password@host:5432/shop)');
  if (jwtSecret === '') problems.push('JWT_SECRET is missing (any long random string, the same on every instance)');
  if (problems.length > 0) throw new ConfigError(problems.join('; '));
  return { host: env['HOST'] ?? '127.0.0.1', port, databaseUrl, jwtSecret, jobs: env['JOBS'] !== 'off' };
}
