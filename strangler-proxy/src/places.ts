import { connect } from 'node:net';
import { FindingsError, resolveSetting, StranglerError, type Environment, type Finding, type MigrationConfig, type Setting } from '@strangler/kernel';

/** Every address the proxy sends requests to, resolved once at start. */
export interface Places {
  readonly monolith: URL;
  /** By service name; only those some route leads to. */
  readonly services: ReadonlyMap<string, URL>;
  /** Resolves the base URL of a sandbox, which a stage names when it is entered. @throws StranglerError as `resolvePlaces`. */
  sandbox(setting: Setting): URL;
}

/** @throws FindingsError STR_MISSING_SETTING with everything that is unset or is no URL, at once. */
export function resolvePlaces(config: MigrationConfig, environment: Environment): Places {
  const findings: Finding[] = [];
  const read = (where: string, setting: Setting): URL => {
    try {
      return toUrl(setting, environment);
    } catch (error) {
      if (!(error instanceof StranglerError)) throw error;
      findings.push({ code: error.code, severity: 'error', where, message: error.message, remedy: error.remedy });
      return new URL('http://unset.invalid');
    }
  };
  const monolith = read('monolith.url', config.monolith.url);
  const led = new Set(Object.values(config.routes).map(({ to }) => to));
  const services = new Map(Object.entries(config.services).filter(([name]) => led.has(name)).map(([name, { url }]) => [name, read(`services.${name}.url`, url)]));
  for (const [id, { stage }] of Object.entries(config.routes)) {
    if (typeof stage === 'object' && 'shadow' in stage && stage.shadow.sandbox !== undefined) read(`routes.${id}.stage.shadow.sandbox`, stage.shadow.sandbox);
  }
  if (findings.length > 0) {
    throw new FindingsError({ code: 'STR_MISSING_SETTING', message: findings.map(({ where, message }) => `${where ?? ''}: ${message}`).join(' '), remedy: 'Export them, or write them into .env where you start it.', exitCode: 3 }, findings);
  }
  return { monolith, services, sandbox: (setting) => toUrl(setting, environment) };
}

function toUrl(setting: Setting, environment: Environment): URL {
  const text = resolveSetting(setting, environment);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return url;
  throw new StranglerError({
    code: 'STR_BAD_SETTING', exitCode: 3,
    message: `${typeof setting === 'string' ? `'${setting}'` : setting.env} is no http(s) base URL.`,
    remedy: 'Give it like http://127.0.0.1:3000, with a path at most.',
  });
}

/** Who cannot be reached right now. A proxy serves without them; the reader should know. */
export async function checkPlaces(places: Places, timeoutMs = 1_000): Promise<Finding[]> {
  const all = [['monolith', places.monolith] as const, ...[...places.services].map(([name, url]) => [`service ${name}`, url] as const)];
  const found = await Promise.all(all.map(async ([name, url]): Promise<Finding[]> => await accepts(url, timeoutMs) ? [] : [{
    code: 'STR_UPSTREAM_UNREACHABLE', severity: 'warning', where: name,
    message: `The ${name} does not accept connections at ${url.host}.`, remedy: 'Start it; the proxy will find it by itself.',
  }]));
  return found.flat();
}

async function accepts(url: URL, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? url.protocol === 'https:' ? 443 : 80 : url.port), timeout: timeoutMs });
    const answer = (yes: boolean) => (): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}
