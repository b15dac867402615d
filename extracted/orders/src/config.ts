/** Everything the service reads from its environment. */
export interface Config {
  readonly host: string;
  /** 0: any free port; the listening line tells which. */
  readonly port: number;
  readonly databaseUrl: string;
  readonly jwtSecret: string;
  readonly build: string;
  /** Bring the schema up to date before listening. */
  readonly migrate: boolean;
  readonly catalogUrl: string;
  readonly inventoryUrl: string;
  readonly promotionsUrl: string;
  readonly paymentsUrl: string;
  /** One call to a collaborator. */
  readonly stepTimeoutMs: number;
  /** A whole checkout, as long as it goes forward. */
  readonly checkoutTimeoutMs: number;
  /** After how long without a step a checkout counts as abandoned. */
  readonly leaseMs: number;
  /** How often to look for abandoned checkouts. */
  readonly sweepMs: number;
}

/** A reason not to start: a code to search for, the fact, and what to do. `main` prints it as one line and exits with 3. */
export class CannotStart extends Error {
  override name = 'CannotStart';

  constructor(code: string, fact: string, remedy: string) {
    super(`${code}: ${fact}. ${remedy}.`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings and collects what is wrong with them. */
class Reader {
  readonly problems: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  text(name: string, fallback: string): string {
    return this.#env[name] ?? fallback;
  }

  required(name: string, example: string): string {
    const value = this.#env[name] ?? '';
    if (value === '') this.problems.push(`${name} is missing (${example})`);
    return value;
  }

  url(name: string, example: string): string {
    const value = this.required(name, example);
    if (value !== '' && !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) this.problems.push(`${name} must be an http URL, not '${value}'`);
    return value.replace(/\/+$/, '');
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.#env[name] ?? String(fallback);
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      this.problems.push(`${name} must be ${String(min)} to ${String(max)}, not '${text}'`);
    }
    return value;
  }

  flag(name: string): boolean {
    return this.integer(name, 0, 0, 1) === 1;
  }
}

const HOUR_MS = 3_600_000;

/** Throws one CannotStart that names every mistake. */
export function loadConfig(env: Environment): Config {
  const read = new Reader(env);
  const config: Config = {
    host: read.text('HOST', '127.0.0.1'),
    port: read.integer('PORT', 3002, 0, 65_535),
    databaseUrl: read.required('DATABASE_URL', 'postgres://user:password@host:5432/orders'),
    jwtSecret: read.required('JWT_SECRET', "the monolith's"),
    build: read.text('BUILD', 'dev'),
    migrate: read.flag('MIGRATE'),
    catalogUrl: read.url('CATALOG_URL', 'http://host:3001'),
    inventoryUrl: read.url('INVENTORY_URL', 'http://host:port'),
    promotionsUrl: read.url('PROMOTIONS_URL', 'http://host:port'),
    paymentsUrl: read.url('PAYMENTS_URL', 'http://host:port'),
    stepTimeoutMs: read.integer('STEP_TIMEOUT_MS', 2_000, 1, HOUR_MS),
    checkoutTimeoutMs: read.integer('CHECKOUT_TIMEOUT_MS', 10_000, 1, HOUR_MS),
    leaseMs: read.integer('SAGA_LEASE_MS', 6_000, 1, HOUR_MS),
    sweepMs: read.integer('SAGA_SWEEP_MS', 1_000, 1, HOUR_MS),
  };
  // Between two stored steps there is one call and one pause, each of a step's timeout at most.
  if (config.leaseMs < 2 * config.stepTimeoutMs) read.problems.push('SAGA_LEASE_MS must be at least twice STEP_TIMEOUT_MS');
  if (read.problems.length > 0) throw new CannotStart('ORDERS_BAD_SETTINGS', read.problems.join('; '), 'Correct the environment and start again');
  return config;
}
