import { ExitCode, StranglerError } from '@strangler/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, printConnectUrl, type Answer, type Asked } from './http.ts';
import { withoutSecrets, type Settings } from './settings.ts';

export type WorkState = 'RUNNING' | 'FAILED' | 'PAUSED' | 'STOPPED' | 'UNASSIGNED' | 'RESTARTING';

/** A connector, or one of its tasks. */
export interface Work {
  readonly state: WorkState;
  readonly worker: string;
  /** The Java stack trace of what ended it. */
  readonly trace?: string;
}

/** A connector as Connect knows it. */
export interface Registered {
  readonly config: Settings;
  readonly connector: Work;
  readonly tasks: readonly Work[];
}

/** What Connect says about one setting. */
export interface SettingError {
  readonly setting: string;
  readonly message: string;
}

/** Kafka Connect's REST API (https://kafka.apache.org/documentation/#connect_rest), as far as we need it. Every call may throw STR_CONNECT_UNREACHABLE, STR_CONNECT_BUSY, STR_CONNECT_ERROR. */
export interface ConnectClient {
  /** Without a password. */
  readonly url: string;
  /** Class names of the connectors it can run. */
  plugins(): Promise<ReadonlySet<string>>;
  registered(): Promise<ReadonlyMap<string, Registered>>;
  /** Tries a config, the connection to the database included; nothing is changed. */
  validate(config: Settings): Promise<readonly SettingError[]>;
  /** Registers or replaces; the same config twice is the same as once. */
  put(name: string, config: Settings): Promise<void>;
  /** Restarts what has failed, or the connector and all its tasks. */
  restart(name: string, options: { readonly onlyFailed: boolean }): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface ConnectClientOptions {
  /** How long an answer may take; a validation waits for the database. 60 s by default. */
  readonly timeoutMs?: number;
  /** How long Connect may go on rebalancing. 60 s by default. */
  readonly busyMs?: number;
}

/** @throws StranglerError STR_USAGE when it is no http(s) URL */
export function connectClient(address: string, { timeoutMs = 60_000, busyMs = 60_000 }: ConnectClientOptions = {}): ConnectClient {
  const base = parseUrl(address);
  const call = async (method: Asked['method'], path: string, body?: Settings): Promise<unknown> => {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
    const answer = await patiently(base, busyMs, () => ask({ method, url, timeoutMs, ...(body === undefined ? {} : { body }) }));
    if (answer.status >= 400) throw unexpected(base, method, path, answer.status, withoutSecrets(said(answer), body ?? {}));
    return answer.body;
  };
  const of = (name: string): string => `/connectors/${encodeURIComponent(name)}`;
  return {
    url: printConnectUrl(base),
    plugins: async () => new Set((await call('GET', '/connector-plugins') as { class: string }[]).map((plugin) => plugin.class)),
    registered: async () => new Map(Object.entries(await call('GET', '/connectors?expand=info&expand=status') as Record<string, Expanded>).map(([name, one]) => [name, parseRegistered(one)])),
    validate: async (config) => parseErrors(await call('PUT', `/connector-plugins/${encodeURIComponent(config['connector.class'] ?? '')}/config/validate`, config) as Validation),
    put: async (name, config) => { await call('PUT', `${of(name)}/config`, config); },
    restart: async (name, { onlyFailed }) => { await call('POST', `${of(name)}/restart?includeTasks=true&onlyFailed=${String(onlyFailed)}`); },
    remove: async (name) => { await call('DELETE', of(name)); },
  };
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new StranglerError({ code: 'STR_USAGE', message: `'${address}' is no address of Kafka Connect.`, remedy: 'Such as --url http://127.0.0.1:8083.' });
}

/** 409 says that the workers are sharing out their work anew: it passes. */
async function patiently(base: URL, busyMs: number, attempt: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + busyMs;
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 2_000)) {
    const answer = await attempt();
    if (answer.status !== 409) return answer;
    if (Date.now() > deadline) {
      throw new StranglerError({
        code: 'STR_CONNECT_BUSY', exitCode: ExitCode.environment, message: `Kafka Connect at ${printConnectUrl(base)} has been sharing out its work for ${String(busyMs / 1000)} s: ${said(answer)}.`,
        remedy: 'Look at its log: a worker that comes and goes keeps the others busy. Then run the same command again.' });
    }
    await delay(waitMs);
  }
}

const said = ({ body }: Answer): string => (body as { message?: string } | undefined)?.message ?? (typeof body === 'string' && body !== '' ? body.slice(0, 300) : 'it gives no reason');

/** Connect repeats a config it does not like: without its secrets, then. */
const unexpected = (base: URL, method: string, path: string, status: number, why: string): StranglerError => new StranglerError({
  code: 'STR_CONNECT_ERROR', exitCode: ExitCode.environment,
  message: `Kafka Connect at ${printConnectUrl(base)} answered ${method} ${path} with ${String(status)}: ${why}`,
  remedy: status === 401 || status === 403 ? 'Give a user and password in its URL.' : 'Its log says more. If it is no Kafka Connect, name the right address with --url.',
});

interface Expanded {
  readonly info: { readonly config: Settings };
  readonly status?: { readonly connector: RawWork; readonly tasks: readonly RawWork[] };
}
interface RawWork { readonly state: WorkState; readonly worker_id: string; readonly trace?: string }
/** A setting that only others' values bring into play has a definition and no value. */
interface Validation { readonly configs: readonly { readonly value: { readonly name: string; readonly errors: readonly string[] } | null }[] }

const parseWork = ({ state, worker_id: worker, trace }: RawWork): Work => ({ state, worker, ...(trace === undefined ? {} : { trace }) });

/** Just registered, a connector has no status yet. Connect adds `name` to the settings it keeps. */
const parseRegistered = ({ info, status }: Expanded): Registered => ({
  config: Object.fromEntries(Object.entries(info.config).filter(([setting]) => setting !== 'name')),
  connector: status === undefined ? { state: 'UNASSIGNED', worker: '' } : parseWork(status.connector),
  tasks: (status?.tasks ?? []).map(parseWork),
});

const parseErrors = ({ configs }: Validation): SettingError[] =>
  configs.flatMap(({ value }) => value?.errors.map((message) => ({ setting: value.name, message })) ?? []);
