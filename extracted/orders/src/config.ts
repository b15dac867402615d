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

/** Checks settings and collects what is wrong with them. */
class Checker {
  readonly problems: string[] = [];

  required(name: string, value: string | undefined, example: string): string {
    if (value === undefined || value === '') this.problems.push(`${name} is missing (${example})`);
    return value ?? '';
  }

  url(name: string, value: string | undefined, example: string): string {
    const url = this.required(name, value, example);
    if (url !== '' && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) this.problems.push(`${name} must be an http URL, not '${url}'`);
    return url.replace(/\/+$/, '');
  }

  integer(name: string, given: string | undefined, fallback: number, min: number, max: number): number {
    const text = given ?? String(fallback);
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      this.problems.push(`${name} must be ${String(min)} to ${String(max)}, not '${text}'`);
    }
    return value;
  }
}

const HOUR_MS = 3_600_000;

/** Throws one CannotStart that names every mistake. */
export function loadConfig(env: Environment): Config {
  const check = new Checker();
  const config: Config = {
    host: env['HOST'] ?? '127.0.0.1',
    port: check.integer('PORT', env['PORT'], 3_002, 0, 65_535),
    databaseUrl: check.required('DATABASE_URL', env['DATABASE_URL'], 'postgres://user:password@host:5432/orders'),
    jwtSecret: check.required('JWT_SECRET', env['JWT_SECRET'], "the monolith's"),
    build: env['BUILD'] ?? 'dev',
    migrate: check.integer('MIGRATE', env['MIGRATE'], 0, 0, 1) === 1,
    catalogUrl: check.url('CATALOG_URL', env['CATALOG_URL'], 'http://host:3001'),
    inventoryUrl: check.url('INVENTORY_URL', env['INVENTORY_URL'], 'http://host:port'),
    promotionsUrl: check.url('PROMOTIONS_URL', env['PROMOTIONS_URL'], 'http://host:port'),
    paymentsUrl: check.url('PAYMENTS_URL', env['PAYMENTS_URL'], 'http://host:port'),
    stepTimeoutMs: check.integer('STEP_TIMEOUT_MS', env['STEP_TIMEOUT_MS'], 2_000, 1, HOUR_MS),
    checkoutTimeoutMs: check.integer('CHECKOUT_TIMEOUT_MS', env['CHECKOUT_TIMEOUT_MS'], 10_000, 1, HOUR_MS),
    leaseMs: check.integer('SAGA_LEASE_MS', env['SAGA_LEASE_MS'], 6_000, 1, HOUR_MS),
    sweepMs: check.integer('SAGA_SWEEP_MS', env['SAGA_SWEEP_MS'], 1_000, 1, HOUR_MS),
  };
  // Between two stored steps there is one call and one pause, each of a step's timeout at most.
  if (config.leaseMs < 2 * config.stepTimeoutMs) check.problems.push('SAGA_LEASE_MS must be at least twice STEP_TIMEOUT_MS');
  if (check.problems.length > 0) throw new CannotStart('ORDERS_BAD_SETTINGS', check.problems.join('; '), 'Correct the environment and start again');
  return config;
}
