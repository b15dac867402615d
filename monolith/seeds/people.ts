import { ADMIN_ID, ago, CUSTOMER_ID, HISTORY_MINUTES, type SeedPlan, STAFF_ID } from './plan.ts';
import type { Prng } from './prng.ts';
import { FIRST_NAMES, LAST_NAMES } from './vocabulary.ts';
import type { SeedRow } from './writer.ts';

/** SEED_PASSWORD, hashed once with a fixed salt: scrypt for each of 200,000 users would take hours. */
const PASSWORD_HASH = 'scrypt$c2VlZGVkLXNob3Atc2FsdA$6Gy7bdLDagSWt31W_s5FPPpfxlA7B7z0RnOpHpyd9HE';

export interface Person {
  name: string;
  email: string;
}

const KNOWN: ReadonlyMap<number, Person & { role: string }> = new Map([
  [ADMIN_ID, { name: 'Alma Admin', email: 'admin@example.com', role: 'admin' }],
  [STAFF_ID, { name: 'Stefan Staff', email: 'staff@example.com', role: 'staff' }],
  [CUSTOMER_ID, { name: 'Clara Customer', email: 'customer@example.com', role: 'customer' }],
]);

/** Name and address are functions of the id, so that other tables can copy them without keeping every user in memory. */
export function person(id: number): Person {
  const known = KNOWN.get(id);
  if (known !== undefined) return known;
  const first = FIRST_NAMES[(id * 7) % FIRST_NAMES.length] ?? '';
  const last = LAST_NAMES[(id * 13 + Math.floor(id / FIRST_NAMES.length)) % LAST_NAMES.length] ?? '';
  return { name: `${first} ${last}`, email: `${first}.${last}.${String(id)}@example.net`.toLowerCase() };
}

/** The first customer joined when the shop opened, the last one a day before its first possible order. */
export function joinedMinutesAgo(id: number, plan: SeedPlan): number {
  return HISTORY_MINUTES + 60 * 24 - Math.floor(((id - 1) / plan.users) * 60 * 24);
}

export function* users(plan: SeedPlan): Generator<SeedRow> {
  for (let id = 1; id <= plan.users; id += 1) {
    const { name, email } = person(id);
    yield {
      id,
      email,
      name,
      password_hash: PASSWORD_HASH,
      role: KNOWN.get(id)?.role ?? 'customer',
      created_at: ago(joinedMinutesAgo(id, plan)),
    };
  }
}

/** A customer, known ones included, earlier ones more often. */
export function drawCustomer(prng: Prng, plan: SeedPlan): number {
  return CUSTOMER_ID - 1 + prng.skewed(plan.users - CUSTOMER_ID + 1);
}
