import { createServer, type Server } from 'node:http';
import { FindingsError, StranglerError } from '@strangler/kernel';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { isAuthorized, isSameSite } from './auth.ts';
import { metricsText } from './metrics.ts';
import { flip, promote, resetComparison, rollback, routeById } from './operations.ts';
import type { ChangeBody, ComparisonReport } from './shapes.ts';
import { routeDetail, statusOf, type Addresses } from './status.ts';
import { errorText } from '../state/error-code.ts';

export interface AdminOptions {
  readonly token: string;
  readonly allowedHosts: readonly string[];
  readonly dashboardDirectory?: string;
  addresses(): Addresses;
}

const who = { by: z.string().min(1, 'say who you are'), why: z.string().min(1, 'say why: it goes into the audit') };
const changeBody = z.strictObject({ ...who, to: z.string().optional(), execute: z.boolean().optional(), force: z.boolean().optional(), stickyBy: z.string().optional() });
const resetBody = z.strictObject({ by: z.string().min(1).default('unknown'), why: who.why, route: z.string().optional() });
const fenceBody = z.strictObject({ ...who, tables: z.array(z.string().min(1)).min(1), deadlineMs: z.number().positive().max(600_000) });
const flipBody = z.strictObject({ ...who, to: z.enum(['service', 'monolith']) });

/** The admin listener: JSON under /api, health without and metrics with a token, the dashboard's files. Never on the public port. */
export function createAdminServer(engine: Engine, options: AdminOptions): Server {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('env', 'production');
  app.use((req, res, next) => {
    if (isSameSite(req.headers, options.allowedHosts)) next();
    else next(problem('STR_FORBIDDEN_HOST', 'This listener is not meant to be reached under that name.', 'Use its address, or allow the name in the proxy\'s options.'));
  });
  app.use((req, res, next) => {
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('cache-control', 'no-store');
    res.setHeader('content-security-policy', PAGE_POLICY);
    res.setHeader('referrer-policy', 'no-referrer');
    next();
  });
  app.get('/health', (req, res) => { res.json({ ok: true }); });
  const authorize: RequestHandler = (req, res, next) => {
    if (isAuthorized(req.headers.authorization, options.token)) next();
    else next(problem('STR_UNAUTHORIZED', 'The admin token is missing or wrong.', 'Send `Authorization: Bearer <token>`; the token is in admin-token in the state directory.'));
  };
  app.get('/metrics', authorize, (req, res) => { res.type('text/plain; version=0.0.4').send(metricsText(engine)); });
  app.use('/api', authorize, express.json({ limit: '64kb' }), api(engine, options));
  if (options.dashboardDirectory !== undefined) app.use(express.static(options.dashboardDirectory));
  app.use(() => { throw problem('STR_NOT_FOUND', 'There is nothing here.', 'GET /api/status is a good start.'); });
  app.use(answerError);
  return createServer(app);
}

/** The page runs its own files and asks this listener, nothing else; nobody may frame it and have its buttons pressed. */
const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function api(engine: Engine, options: AdminOptions): express.Router {
  const router = express.Router();
  const { fences, store } = engine;
  router.get('/status', async (req, res) => { res.json(await statusOf(engine, options.addresses())); });
  router.get('/routes/:id', async (req, res) => { res.json(await routeDetail(engine, routeById(engine, req.params.id))); });
  router.post('/routes/:id/promote', async (req, res) => { res.json(await promote(engine, req.params.id, parse(changeBody, req.body) as ChangeBody)); });
  router.post('/routes/:id/rollback', async (req, res) => { res.json(await rollback(engine, req.params.id, parse(changeBody, req.body) as ChangeBody)); });
  router.get('/compare', (req, res) => { res.json({ routes: compareReports(engine, typeof req.query['route'] === 'string' ? req.query['route'] : undefined) }); });
  router.post('/compare/reset', async (req, res) => {
    const { route, by, why } = parse(resetBody, req.body);
    res.json({ reset: await resetComparison(engine, route, by, why) });
  });
  router.post('/fences', async (req, res) => { res.json(await fences.raise(parse(fenceBody, req.body))); });
  router.post('/fences/:id/flip', async (req, res) => { res.json(await flip(engine, req.params.id, parse(flipBody, req.body))); });
  router.delete('/fences/:id', (req, res) => { res.json(fences.release(req.params.id)); });
  router.get('/audit', async (req, res) => { res.json({ entries: await store.audit(limitOf(req.query['limit'])) }); });
  return router;
}

function compareReports(engine: Engine, id: string | undefined): ComparisonReport[] {
  const routes = id === undefined ? engine.table.routes : [routeById(engine, id)];
  return routes.map((route) => ({ route: route.id, stage: engine.state.current.routes[route.id]?.stage ?? 'monolith', evidence: engine.comparisons.evidence(route.id), tally: engine.comparisons.tally(route.id) }));
}

function limitOf(value: unknown): number {
  const limit = Number(value ?? 100);
  if (Number.isInteger(limit) && limit > 0) return Math.min(limit, 10_000);
  throw problem('STR_BAD_REQUEST', 'limit is no positive whole number.', 'Try ?limit=100.');
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw new FindingsError({ code: 'STR_BAD_REQUEST', message: parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'body'}: ${message}`).join('; '), remedy: 'Mend the request\'s JSON body.' },
    parsed.error.issues.map(({ path, message }) => ({ code: 'STR_BAD_REQUEST', severity: 'error', where: path.map(String).join('.'), message })));
}

/** What an error means over HTTP. The body carries all a client needs to raise the same error again. */
function answerError(error: unknown, req: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) {
    next(error);
    return;
  }
  const known = error instanceof StranglerError ? error : httpError(error);
  res.status(STATUS[known.code] ?? (known.exitCode === 3 ? 503 : known.exitCode === 1 ? 409 : 400)).json({
    error: { code: known.code, message: known.message, remedy: known.remedy, exitCode: known.exitCode, ...(known instanceof FindingsError ? { findings: known.findings } : {}) },
  });
}

/** Express' own refusals (no JSON, too large a body) carry a status; anything else is a bug of ours, and says no more than that. */
function httpError(error: unknown): StranglerError {
  const status = typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  return status < 500 ? problem('STR_BAD_REQUEST', errorText(error), 'Mend the request.')
    : new StranglerError({ code: 'STR_PROXY_BUG', message: 'The proxy failed on this request.', remedy: 'Please report it, with what you asked for.', exitCode: 3, cause: error });
}

const STATUS: Readonly<Record<string, number>> = {
  STR_UNAUTHORIZED: 401, STR_FORBIDDEN_HOST: 403, STR_UNKNOWN_ROUTE: 404, STR_UNKNOWN_FENCE: 404, STR_NOT_FOUND: 404, STR_STATE_NOT_WRITTEN: 507, STR_PROXY_BUG: 500,
};

const problem = (code: `STR_${string}`, message: string, remedy: string): StranglerError => new StranglerError({ code, message, remedy });
