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
const touched = ({ accesses }: SystemModel): string[] => accesses.map(({ mode, table, via }) => `${mode} ${table} ${via}`);

describe('routes of other frameworks', () => {
  test('Koa routers carry their prefix and are mounted with routes()', async () => {
    expect(routes(await read({
      'app.js': "const Koa = require('koa'); const Router = require('@koa/router'); const app = new Koa();\nconst films = new Router({ prefix: '/films' }); films.get('list', '/', list).post('/:id', save);\nconst api = new Router(); api.prefix('/api'); api.use('/v1', films.routes(), films.allowedMethods()); app.use(api.routes());\nconst mount = require('koa-mount'); const web = new Koa(); const pages = new Router(); pages.get('/robots.txt', list); web.use(pages.routes()); app.use(mount(web)); app.use(mount('/deep', web));\nfunction list() {} function save() {}",
    }))).toEqual(['GET /api/v1/films', 'POST /api/v1/films/:id', 'GET /deep/robots.txt', 'GET /robots.txt']);
  });

  test('Fastify plugins build routes under the prefix they are registered with', async () => {
    expect(routes(await read({
      'app.ts': "import Fastify from 'fastify'; import films from './films'; const app = Fastify();\napp.register(films, { prefix: '/films' }); app.route({ method: ['GET', 'HEAD'], url: '/health', handler: async () => 'ok' });",
      'films.ts': "import type { FastifyInstance } from 'fastify'; export default async function films(app: FastifyInstance) { app.get('/:id', { schema: {} }, async () => 1); }",
    }))).toEqual(['GET /films/:id', 'GET /health', 'HEAD /health']);
  });

  test('inversify controllers, and routing-controllers with a prefix on the class', async () => {
    expect(routes(await read({
      'films.ts': "import { controller, httpGet, httpPost } from 'inversify-express-utils';\nconst BASE = '/films';\n@controller(BASE) export class Films { @httpGet('/') list() {} @httpPost(`/:id`) save() {} }",
      'seats.ts': "import { JsonController, Get, Delete } from 'routing-controllers';\n@JsonController('/seats') export class Seats { @Get('/free') free() {} @Delete('/:id') drop() {} }",
    }))).toEqual(['GET /films', 'POST /films/:id', 'DELETE /seats/:id', 'GET /seats/free']);
  });

  test('a table of routes is unrolled, also when it lies in another file', async () => {
    expect(routes(await read({
      'app.js': "const express = require('express'); const { ROUTES } = require('./table'); const app = express();\nObject.entries(ROUTES).forEach(([path, handler]) => app.get('/t' + path, handler)); ROUTES2();\nfunction ROUTES2() { for (const [method, path] of [['post', '/a'], ['put', '/b']]) app[method](path, () => 1); }",
      'table.js': "exports.ROUTES = { '/one': () => 1, '/two': () => 2 };",
    }))).toEqual(['POST /a', 'PUT /b', 'GET /t/one', 'GET /t/two']);
  });

  test('GraphQL fields, queue jobs and message patterns are entry points', async () => {
    expect(routes(await read({
      'films.resolver.ts': "import { Resolver, Query, Mutation, ResolveField } from '@nestjs/graphql'; import { Film } from './film';\n@Resolver(() => Film) export class FilmsResolver { @Query(() => [Film]) films() {} @Mutation(() => Film, { name: 'addFilm' }) add() {} @ResolveField() seats() {} }",
      'film.ts': 'export class Film {}',
      'mail.processor.ts': "import { Process, Processor } from '@nestjs/bull'; @Processor('mail') export class Mail { @Process('send') send() {} }",
      'events.ts': "import { MessagePattern } from '@nestjs/microservices'; import { Controller } from '@nestjs/common'; @Controller() export class Events { @MessagePattern({ cmd: 'sum' }) sum() {} }",
    }))).toEqual(['QUERY Film.seats', 'MUTATION addFilm', 'QUERY films', 'JOB mail/send', 'EVENT sum']);
  });
});

describe('queries of other mappers', () => {
  test('Prisma with relations read and written beside', async () => {
    expect(touched(await read({
      'prisma/schema.prisma': 'model Order {\n  id Int @id\n  lines Line[]\n  @@map("orders")\n}\nmodel Line {\n  id Int @id\n  orderId Int\n  order Order @relation(fields: [orderId], references: [id], onDelete: Cascade)\n}\n',
      'orders.ts': "import { PrismaClient } from '@prisma/client'; const prisma = new PrismaClient();\nexport const list = () => prisma.order.findMany({ include: { lines: true } });\nexport const place = (lines: object[]) => prisma.order.create({ data: { lines: { create: lines } } });",
    }))).toEqual(['read Line prisma', 'read orders prisma', 'write Line prisma', 'write orders prisma']);
  });

  test('Sequelize, Mongoose, Objection and Bookshelf models', async () => {
    expect(touched(await read({
      'a.js': "module.exports = (sequelize) => { const User = sequelize.define('User', {}, { tableName: 'people' }); User.findAll(); };",
      'b.js': "const mongoose = require('mongoose'); const Film = mongoose.model('Film', {}); async function f() { const film = await Film.findOne(); film.x = 1; await film.save(); await new Film({}).save(); }",
      'c.js': "const { Model } = require('objection'); class Seat extends Model { static get tableName() { return 'seats'; } } Seat.query().findById(1); Seat.query().patch({}).where({});",
      'd.js': "const bookshelf = require('bookshelf')(); const Hall = bookshelf.model('Hall', { tableName: 'halls' }); Hall.fetchAll();",
    }))).toEqual(['read people sequelize', 'read films mongoose', 'write films mongoose', 'read seats objection', 'write seats objection', 'read halls bookshelf']);
  });

  test('SQL of other dialects and with what is only known at run time', async () => {
    const model = await read({
      'q.js': "const { Pool } = require('pg'); const pool = new Pool(); const T = { hall: 'halls' };\nasync function f(ids, year) {\n await pool.query('SELECT * FROM `films` WHERE id IN (?) LIMIT ?, ?', [ids]);\n await pool.query(`DELETE FROM ${T.hall} WHERE id = ANY(${ids})`);\n await pool.query(`INSERT INTO sales_${year} SELECT * FROM sales`);\n await pool.query('SELEC nonsense FROM films');\n await pool.query(build(ids));\n}",
    });
    expect(touched(model)).toEqual(['read films sql', 'write halls sql', 'read sales sql']);
    expect(model.unresolved.map(({ kind, evidence, why }) => `${kind} ${String(evidence.line)} ${why}`)).toEqual([
      'query 5 a table is chosen at run time', 'query 6 the statement does not parse as PostgreSQL', 'query 7 the statement is put together at run time',
    ]);
  });
});

describe('imports', () => {
  test('aliases, workspaces, barrels and CommonJS lead to what declares; types and dynamic imports are told apart', async () => {
    const model = await read({
      'tsconfig.json': '{ "extends": "./tsconfig.base.json" }', 'tsconfig.base.json': '{ "compilerOptions": { "paths": { "@app/*": ["./src/*"] } } }',
      'packages/money/package.json': '{ "name": "@shop/money", "main": "dist/index.js" }', 'packages/money/src/index.ts': "export * from './euro';", 'packages/money/src/euro.ts': 'export const euro = 1; export interface Euro {}',
      'src/a.ts': "import { euro, type Euro } from '@shop/money'; import { B } from '@app/b'; import { C } from './c.js'; const late = () => import('./d'); export const x: B = euro; C(); export type E = Euro; late();",
      'src/b.ts': 'export class B {}', 'src/c.ts': "export { c as C } from './deep'; ", 'src/deep/index.ts': 'export const c = () => 1;', 'src/d.ts': "const { b } = require('./gone'); module.exports = b;",
    });
    expect(model.imports.filter(({ from }) => from === 'src/a.ts').map(({ to, kind, through }) => [to, kind, ...through].join(' '))).toEqual([
      'packages/money/src/euro.ts type packages/money/src/index.ts', 'packages/money/src/euro.ts value packages/money/src/index.ts', 'src/b.ts type', 'src/d.ts dynamic', 'src/deep/index.ts value src/c.ts',
    ]);
    expect(model.unresolved.map(({ what }) => what)).toEqual(['./gone']);
  });
});
