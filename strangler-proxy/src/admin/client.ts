import { StranglerError, type ErrorCode, type Finding, FindingsError } from '@strangler/kernel';
import type { AuditEntry } from '../state/store.ts';
import type { ChangeBody, Changed, ComparisonReport, FenceBody, FlipBody, Flipped, Raised, Released, RouteDetail, Status } from './shapes.ts';

export interface AdminAddress {
  readonly adminUrl: string;
  readonly token: string;
}

/**
 * The admin API as calls. What the proxy refuses is thrown as the very same StranglerError.
 * @throws StranglerError STR_PROXY_UNREACHABLE (exit code 3), STR_UNAUTHORIZED, and whatever the call itself may be refused with.
 */
export class AdminClient {
  readonly #address: AdminAddress;
  readonly #timeoutMs: number;

  constructor(address: AdminAddress, timeoutMs = 10_000) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  async status(): Promise<Status> { return this.#call('GET', '/api/status'); }

  async route(id: string): Promise<RouteDetail> { return this.#call('GET', `/api/routes/${encodeURIComponent(id)}`); }

  async promote(id: string, body: ChangeBody): Promise<Changed> { return this.#call('POST', `/api/routes/${encodeURIComponent(id)}/promote`, body); }

  async rollback(id: string, body: ChangeBody): Promise<Changed> { return this.#call('POST', `/api/routes/${encodeURIComponent(id)}/rollback`, body); }

  async compare(route?: string): Promise<readonly ComparisonReport[]> {
    const { routes } = await this.#call<{ routes: ComparisonReport[] }>('GET', `/api/compare${route === undefined ? '' : `?route=${encodeURIComponent(route)}`}`);
    return routes;
  }

  /** The routes whose counting starts afresh. */
  async resetComparison(body: { readonly route?: string; readonly by: string; readonly why: string }): Promise<readonly string[]> {
    const { reset } = await this.#call<{ reset: string[] }>('POST', '/api/compare/reset', body);
    return reset;
  }

  /** Resolves once the writes under way have ended: at most `deadlineMs`. */
  async fence(body: FenceBody): Promise<Raised> { return this.#call('POST', '/api/fences', body, this.#timeoutMs + body.deadlineMs); }

  async flip(fenceId: string, body: FlipBody): Promise<Flipped> { return this.#call('POST', `/api/fences/${encodeURIComponent(fenceId)}/flip`, body); }

  async release(fenceId: string): Promise<Released> { return this.#call('DELETE', `/api/fences/${encodeURIComponent(fenceId)}`); }

  /** The newest `limit` entries, oldest first. */
  async audit(limit = 100): Promise<readonly AuditEntry[]> {
    const { entries } = await this.#call<{ entries: AuditEntry[] }>('GET', `/api/audit?limit=${String(limit)}`);
    return entries;
  }

  async #call<T>(method: string, path: string, body?: unknown, timeoutMs = this.#timeoutMs): Promise<T> {
    const answer = await this.#send(method, path, body, timeoutMs);
    const value: unknown = await answer.json().catch(() => undefined);
    if (answer.ok && value !== undefined) return value as T;
    throw raised(value, answer.status, this.#address.adminUrl);
  }

  async #send(method: string, path: string, body: unknown, timeoutMs: number): Promise<Response> {
    const { adminUrl, token } = this.#address;
    try {
      return await fetch(new URL(path, adminUrl), {
        method, signal: AbortSignal.timeout(timeoutMs), headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new StranglerError({ code: 'STR_PROXY_UNREACHABLE', message: `No proxy answers at ${adminUrl}.`, remedy: 'Start it with `strangler serve`, or name its state directory with --state.', exitCode: 3, cause });
    }
  }
}

function raised(value: unknown, status: number, adminUrl: string): StranglerError {
  const error = typeof value === 'object' && value !== null && 'error' in value ? value.error as { code?: ErrorCode; message?: string; remedy?: string; exitCode?: 1 | 2 | 3; findings?: Finding[] } : {};
  const problem = {
    code: error.code ?? 'STR_PROXY_UNREACHABLE' as const, message: error.message ?? `${adminUrl} answered ${String(status)}, not as a proxy's admin listener does.`,
    remedy: error.remedy ?? 'Check the address.', exitCode: error.exitCode ?? 3 as const,
  };
  return error.findings === undefined ? new StranglerError(problem) : new FindingsError(problem, error.findings);
}
