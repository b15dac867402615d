import { describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SystemModel } from '../model/graph.ts';
import { readSystem } from './read-system.ts';

const read = async (files: Readonly<Record<string, string>>): Promise<SystemModel> => {
  const path = mkdtempSync(join(tmpdir(), 'monolith-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    return await readSystem(path, { history: false });
  } finally {
    rmSync(path, { recursive: true });
  }
};

const routes = ({ endpoints }: SystemModel): string[] => endpoints.map(({ method, path }) => `${method} ${path}`);
const findings = ({ unresolved }: SystemModel): string[] => unresolved.filter(({ kind }) => kind === 'endpoint').map(({ what, evidence }) => `${what} ${evidence.file}:${String(evidence.line)}`);

const EXPRESS = "const express = require('express'); const app = express();\n";

describe('routers that a program builds its own way', () => {
  test('a registrar that keeps a table and mounts it later', async () => {
    const model = await read({
      'table-router.js': "const express = require('express');\nclass TableRouter { constructor() { this.routes = []; this.mountRoutes(); }\n mountRoutes() {}\n route(method, path, ...handlers) { this.routes.push({ method, path, handler: handlers[0] }); }\n expressRouter() { const router = express.Router(); this.routes.forEach((one) => { const verb = one.method.toLowerCase(); router[verb].call(router, one.path, one.handler); }); return router; } }\nmodule.exports = TableRouter;",
      'films.js': "const TableRouter = require('./table-router');\nmodule.exports = class Films extends TableRouter { mountRoutes() {\n  this.route('GET', '/films', () => 1);\n  this.route('DELETE', '/films/:id', () => 1);\n} };",
      'app.js': `${EXPRESS}const Films = require('./films'); app.use('/api', new Films().expressRouter());`,
    });
    expect(model.endpoints.map(({ method, path, evidence }) => `${method} ${path} ${evidence.file}:${String(evidence.line)}`)).toEqual(['GET /api/films films.js:3', 'DELETE /api/films/:id films.js:4']);
  });

  test('a class that extends the framework\'s own router, and methods handed on', async () => {
    expect(routes(await read({
      'app.ts': "import Koa from 'koa'; import Router from 'koa-router'; class TableRouter extends Router { constructor(table: string) { super({ prefix: `/${table}` }); this.get('/', () => 1); } }\nconst app = new Koa(); const seats = new TableRouter('seats'); seats.post('/:id', () => 1); app.use(seats.routes());",
      'bound.js': `${EXPRESS}const add = app.put.bind(app); add('/halls/:id', (req, res) => res.end()); const { patch } = app; patch.call(app, '/halls', (req, res) => res.end());`,
    }))).toEqual(['PATCH /halls', 'PUT /halls/:id', 'GET /seats', 'POST /seats/:id']);
  });

  test('a router made twice by the same code, of which one is mounted, is one', async () => {
    expect(routes(await read({
      'api.js': "const express = require('express'); module.exports = class Api { constructor() { this.router = express(); this.router.get('/films', (req, res) => res.end()); } };",
      'app.js': `${EXPRESS}const Api = require('./api'); const used = new Api(); const spare = new Api(); app.use('/api', used.router); app.listen(0); module.exports = spare;`,
    }))).toEqual(['GET /api/films']);
  });

  test('a router given to a verb keeps the whole path, and only that verb', async () => {
    expect(routes(await read({
      'app.js': `${EXPRESS}app.all('/films*', require('./films')); app.get('/status', require('./status')); const main = express(); main.use('/api', app);`,
      'films.js': "const router = require('express').Router(); router.get('/films', (req, res) => res.end()); router.post('/films/:id', (req, res) => res.end()); module.exports = router;",
      'status.js': "const router = require('express').Router(); router.get('/status', (req, res) => res.end()); router.post('/status', (req, res) => res.end()); module.exports = router;",
    }))).toEqual(['GET /api/films', 'POST /api/films/:id', 'GET /api/status']);
  });

  test('objects made by functions of old, and Maps that plugins fill', async () => {
    expect(routes(await read({
      'app.js': `${EXPRESS}function Collection(name) { const self = this; self.map = function () { app.get('/' + name, list); }; } Collection.prototype.write = function () { app.post('/any', list); };\nconst all = { films: new Collection('films'), seats: new Collection('seats') }; Object.values(all).forEach((one) => one.map()); all.films.write(); function list() {}\nconst { hooks } = require('./registry'); require('./plugin'); (hooks.get('api') || []).forEach((hook) => app.use('/plug', hook.router));`,
      'registry.js': 'exports.hooks = new Map(); exports.add = (kind, hook) => { if (!exports.hooks.has(kind)) exports.hooks.set(kind, []); exports.hooks.get(kind).push(hook); };',
      'plugin.js': "const { add } = require('./registry'); const router = require('express').Router(); router.get('/in', () => 1); add('api', { router });",
    }))).toEqual(['POST /any', 'GET /films', 'GET /plug/in', 'GET /seats']);
  });

  test('a directory of routes loaded by its listing or by a computed name', async () => {
    expect(routes(await read({
      'app.js': `${EXPRESS}const fs = require('fs'); const path = require('path');\nfs.readdirSync(path.join(__dirname, 'routes')).filter((file) => file.endsWith('.js')).forEach((file) => app.use('/' + path.basename(file, '.js'), require('./routes/' + file)));\nfor (const name of process.argv) app.use(require(\`./more/\${name}\`));`,
      'routes/films.js': "const router = require('express').Router(); router.get('/:id', () => 1); module.exports = router;", 'routes/films.test.js': "it('x', () => 1);",
      'more/health.js': "const router = require('express').Router(); router.get('/health', () => 1); module.exports = router;",
    }))).toEqual(['GET /films/:id', 'GET /health']);
  });

  test('Fastify\'s autoload takes folders as prefixes', async () => {
    expect(routes(await read({
      'app.ts': "import Fastify from 'fastify'; import autoload from '@fastify/autoload'; import { join } from 'node:path'; const app = Fastify(); app.register(autoload, { dir: join(import.meta.dirname, 'routes'), options: { prefix: '/api' } });",
      'routes/films/_id/index.ts': "import type { FastifyInstance } from 'fastify'; export default async (app: FastifyInstance) => { app.get('/seats', async () => 1); };",
    }))).toEqual(['GET /api/films/:id/seats']);
  });

  test('Hono and Hapi', async () => {
    expect(routes(await read({
      'hono.ts': "import { Hono } from 'hono'; const films = new Hono().get('/', (c) => c.json(1)); const app = new Hono().basePath('/api'); app.route('/films', films); app.on(['PUT', 'POST'], '/both', (c) => c.json(1)); export default app;",
      'hapi.js': "const Hapi = require('@hapi/hapi'); const server = Hapi.server(); server.route([{ method: 'GET', path: '/halls', handler: () => 1 }]); server.register({ plugin: { name: 'seats', register: (inner) => inner.route({ method: ['PUT', 'POST'], path: '/seats', handler: () => 1 }) }, routes: { prefix: '/v1' } }, { routes: { prefix: '/v1' } });",
    }))).toEqual(['POST /api/both', 'PUT /api/both', 'GET /api/films', 'GET /halls', 'POST /v1/seats', 'PUT /v1/seats']);
  });

  test('what a filter is given comes back', async () => {
    expect(routes(await read({ 'app.js': `${EXPRESS}async function start() { const { mounts } = await require('./plugins').hooks.fire('filter:mounts', { mounts: ['films', 'seats'].reduce((all, one) => { all[one] = one; return all; }, {}) }); app.get(\`/\${mounts.films}/list\`, (req, res) => res.end()); } start();`, 'plugins.js': 'exports.hooks = { fire: (name, given) => run(name, given) }; async function run(name, given) { for (const one of global.filters) given = await one.method(given); }' }))).toEqual(['GET /films/list']);
  });

  test('paths from imported JSON', async () => {
    expect(routes(await read({ 'app.ts': "import express from 'express'; import config from './films.json'; const app = express(); app.get(`/${config.id}/list`, (req, res) => res.end());", 'films.json': '{ "id": "films" }' }))).toEqual(['GET /films/list']);
  });
});

describe('several applications in one repository', () => {
  test('each NestJS application has its own prefix and its own default version', async () => {
    const controller = "import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common'; @Controller('films') export class Films { @Get('list') list() {} }\n@Controller({ path: 'health', version: VERSION_NEUTRAL }) export class Health { @Get() check() {} }";
    expect(routes(await read({
      'apps/api/src/main.ts': "import { NestFactory } from '@nestjs/core'; async function start() { const app = await NestFactory.create({}); app.enableVersioning({ type: VersioningType.URI, prefix: `${process.env.CONTEXT}v`, defaultVersion: '2' }); }", 'apps/api/src/films/films.controller.ts': controller,
      'apps/worker/src/main.ts': "import { NestFactory } from '@nestjs/core'; async function start() { const app = await NestFactory.create({}); app.setGlobalPrefix('work'); }", 'apps/worker/src/films.controller.ts': controller,
    }))).toEqual(['GET /health', 'GET /v2/films/list', 'GET /work/films/list', 'GET /work/health']);
  });

  test('routes that are where their file lies', async () => {
    expect(routes(await read({
      'shop/src/api/films/[id]/route.ts': 'export const GET = async () => 1; export async function DELETE() {}', 'web/app/(site)/api/halls/[...rest]/route.ts': "import { NextResponse } from 'next/server'; export const POST = () => NextResponse.json(1);",
      'web/pages/api/seats/index.ts': 'export default function handler() {}',
    }))).toEqual(['POST /api/halls/*', 'ANY /api/seats', 'DELETE /films/:id', 'GET /films/:id']);
  });
});

describe('nothing is skipped in silence', () => {
  test('what is written like a route and reached no app is listed', async () => {
    const model = await read({
      'a.js': "const { gateway } = require('somewhere');\ngateway.get('/films', (req, res) => res.end());\nmodule.exports = [\n{ method: 'POST', path: '/seats', handler: () => 1 }];\ngateway.add('DELETE', '/halls', () => 1);",
      'b.ts': "import { Get } from 'somewhere'; export class Plain {\n @Get('/stray') stray() {} }", 'client.ts': "import axios from 'axios'; axios.post('/films', { a: 1 }); export const load = (client: { get(path: string, then: () => void): void }) => client.get('/films', () => undefined);",
    });
    expect(routes(model)).toEqual([]);
    expect(findings(model)).toEqual(['get(/films) a.js:2', 'POST /seats a.js:4', 'add(/halls) a.js:5', '@Get(/stray) b.ts:2']);
  });

  test('an app that is neither served nor mounted, beside one that is', async () => {
    const model = await read({
      'server.js': "const app = require('express')(); app.get('/films', (req, res) => res.end()); app.use('/api', global.registry.seats); app.listen(0);",
      'seats.js': "const app = require('express')(); app.get('/seats', (req, res) => res.end()); module.exports = app;",
    });
    expect(findings(model)).toEqual(['app seats.js:1']);
  });

  test('a prefix only known at run time is a finding, not a guess', async () => {
    const model = await read({ 'app.js': "const Koa = require('koa'); const Router = require('koa-router'); const app = new Koa(); const films = new Router({ prefix: `/${process.env.AT}` }); films.get('/list', () => 1); app.use(films.routes());" });
    expect(routes(model)).toEqual(['GET /*/list']);
    expect(findings(model)).toEqual(['/${…} app.js:1']);
  });

  test('what lies under a mount of unknown path is shown and listed', async () => {
    const model = await read({ 'app.js': `${EXPRESS}const films = express.Router(); films.get('/list', (req, res) => res.end());\napp.use(process.env.AT, films);` });
    expect(routes(model)).toEqual(['GET /list']);
    expect(findings(model)).toEqual(['${…} app.js:3']);
  });

  test('assets that are there are not reported missing', async () => {
    expect((await read({ 'a.ts': "import data from './data.json'; import './a.css'; import './gone'; export default data;", 'data.json': '{}', 'a.css': '' })).unresolved.map(({ what }) => what)).toEqual(['./gone']);
  });
});
