import type { MigrationConfig, Setting } from '@strangler/kernel';

/** A database's address in the parts Debezium asks for; each a literal or a reference that Kafka Connect resolves. */
export interface DatabaseSettings {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly name: string;
}

/** Where FileConfigProvider finds the passwords of URLs that are written out. */
export const SECRETS_FILE = '/run/secrets/strangler.properties';

const PARTS = { host: 'HOST', port: 'PORT', user: 'USER', password: 'PASSWORD', name: 'NAME' } as const;
const DEFAULT_PORT = { postgres: '5432', mysql: '3306', mariadb: '3306' } as const;

/**
 * `env('MONOLITH_DATABASE_URL')` becomes `${env:MONOLITH_DATABASE_HOST}`, `…_PORT`, `…_USER`, `…_PASSWORD`, `…_NAME` (Connect's EnvVarConfigProvider under the name
 * `env`). A URL written out gives its parts, but never its password: that is read from `${file:<secretsFile>:<host>.<name>.password}`
 * (FileConfigProvider under the name `file`).
 */
export function databaseSettings(setting: Setting, engine: keyof typeof DEFAULT_PORT, secretsFile = SECRETS_FILE): DatabaseSettings {
  if (typeof setting !== 'string') {
    const base = setting.env.replace(/_URL$/, '');
    return { host: reference(base, 'host'), port: reference(base, 'port'), user: reference(base, 'user'), password: reference(base, 'password'), name: reference(base, 'name') };
  }
  const url = new URL(setting);
  const name = decodeURIComponent(url.pathname.slice(1));
  return {
    host: url.hostname, port: url.port === '' ? DEFAULT_PORT[engine] : url.port, user: decodeURIComponent(url.username), name,
    password: `\${file:${secretsFile}:${url.hostname}.${name}.password}`,
  };
}

/** The environment variables Connect's worker needs for these connectors, with their values: what a script or a compose file passes on. */
export function connectorEnvironment(config: MigrationConfig, environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const settings = [config.monolith.database, ...Object.values(config.services).map(({ database }) => database)];
  return Object.fromEntries(settings.flatMap((setting) => {
    const url = typeof setting === 'string' ? undefined : environment[setting.env];
    if (typeof setting === 'string' || url === undefined || !URL.canParse(url)) return [];
    const base = setting.env.replace(/_URL$/, '');
    const { hostname, port, username, password, pathname, protocol } = new URL(url);
    const engine = protocol === 'mysql:' || protocol === 'mariadb:' ? 'mysql' : 'postgres';
    return Object.entries({ HOST: hostname, PORT: port === '' ? DEFAULT_PORT[engine] : port, USER: decodeURIComponent(username), PASSWORD: decodeURIComponent(password), NAME: decodeURIComponent(pathname.slice(1)) })
      .map(([part, value]) => [`${base}_${part}`, value]);
  }));
}

const reference = (base: string, part: keyof typeof PARTS): string => `\${env:${base}_${PARTS[part]}}`;
