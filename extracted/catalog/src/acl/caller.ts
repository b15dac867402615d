import jwt from 'jsonwebtoken';

/** Whoever sent the request, as far as the catalog cares. */
export interface Caller {
  readonly userId: number;
  readonly staff: boolean;
}

const ROLES = ['customer', 'staff', 'admin'] as const;
type Role = (typeof ROLES)[number];

/** The identity context's claims are `{ sub: user id as text, email, role }`. */
function toCaller(claims: unknown): Caller | undefined {
  const { sub, role } = claims as { sub?: unknown; role?: unknown };
  const userId = typeof sub === 'string' && /^\d{1,15}$/.test(sub) ? Number(sub) : 0;
  return userId > 0 && ROLES.includes(role as Role) ? { userId, staff: role !== 'customer' } : undefined;
}

/**
 * Reads the monolith's bearer token (HS256, 12 hours) with the secret both sides share. The claims are believed: this service has no
 * users table, so a role that was taken away works until the token expires. `undefined`: forged, expired or of another shape.
 */
export function readToken(token: string, secret: string): Caller | undefined {
  try {
    return toCaller(jwt.verify(token, secret, { algorithms: ['HS256'] }));
  } catch {
    return undefined;
  }
}
