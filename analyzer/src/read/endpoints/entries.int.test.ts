import { describe, expect, test } from '@jest/globals';
import type { SystemModel } from '../../model/graph.ts';
import { readText } from '../../../test/read-text.ts';

const entries = ({ endpoints }: SystemModel): string[] => endpoints.map(({ method, path, handlers }) => `${method} ${path} > ${handlers.map(({ name }) => name).join(', ')}`);

describe('resolvers as plain maps', () => {
  test('fields of the roots go by their name, of other types by both, across files and spreads', async () => {
    expect(entries(await readText({
      'schema.js': "const films = require('./films'); module.exports = { Query: { ...films.Query, seats: (root, args) => 1 }, Film: { seats: films.seatsOf }, Date: scalar, Subscription: { sold: { subscribe: () => watch() } } };\nfunction watch() {} const scalar = make();",
      'films.js': "exports.Query = { film(root, { id }) { return id; } }; exports.seatsOf = function seatsOf(film) { return film.seats; };",
      'mails.js': 'module.exports = { Mutation: { async mails() { return {}; } }, MailMutation: { async send(root, args) {} } };',
    }))).toEqual(['QUERY Film.seats > seatsOf', 'MUTATION MailMutation.send > MailMutation.send', 'QUERY film > Query.film', 'MUTATION mails > Mutation.mails', 'QUERY seats > Query.seats', 'SUBSCRIPTION sold > Subscription.sold.subscribe']);
  });

  test('an object that only has such names is none', async () => {
    expect(entries(await readText({ 'labels.js': "module.exports = { Query: { title: 'Question', hint: text }, Mutation: 'Change' }; const text = 'x';" }))).toEqual([]);
  });
});

describe('decorators', () => {
  test('a version that names none takes the default version away', async () => {
    expect(entries(await readText({
      'main.ts': "import { NestFactory } from '@nestjs/core'; import { VersioningType } from '@nestjs/common'; async function start() { const app = await NestFactory.create(App); app.setGlobalPrefix('api'); app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }); }",
      'films.controller.ts': "import { Controller, Get, Version, VERSION_NEUTRAL } from '@nestjs/common'; @Controller('films') export class Films { @Get() list() {} @Get('feed') @Version(VERSION_NEUTRAL) feed() {} @Get('seats') @Version(['2', '3']) seats() {} }",
    }))).toEqual(['GET /api/films/feed > Films.feed', 'GET /api/v1/films > Films.list', 'GET /api/v2/films/seats > Films.seats', 'GET /api/v3/films/seats > Films.seats']);
  });

  test('a worker host whose method has another decorator is still a job; a decorator of the project by a common word is none', async () => {
    expect(entries(await readText({
      'mails.ts': "import { Processor, WorkerHost } from '@nestjs/bullmq'; import { UseCls } from 'nestjs-cls'; import { Timeout } from './timeout'; @Processor({ name: 'mails' }) export class Mails extends WorkerHost { @UseCls() async process() {} @Timeout(5) slow() {} }",
      'timeout.ts': 'export function Timeout(ms: number) { return () => undefined; }',
    }))).toEqual(['JOB mails > Mails.process']);
  });

  test('an app that inversify hands over is configured like any other', async () => {
    expect(entries(await readText({ 'server.ts': "import { InversifyExpressServer } from 'inversify-express-utils'; const server = new InversifyExpressServer(container); server.setConfig((app) => { app.post('/hooks', take); }); function take() {}" }))).toEqual(['POST /hooks > take']);
  });
});

describe('what belongs to the program', () => {
  test('a folder called like tests that the program imports is part of it, its tests are not', async () => {
    const model = await readText({
      'app.ts': "import express from 'express'; import { rehearse } from './testing/rehearsal'; import { stage } from './testing/stage'; const app = express(); app.use('/rehearsals', rehearse);",
      'testing/rehearsal.ts': "import { Router } from 'express'; export const rehearse = Router(); rehearse.get('/next', (req, res) => res.end());",
      'testing/rehearsal.test.ts': "import './rehearsal';", 'testing/props.ts': 'export const props = () => 1;', 'testing/stage.ts': 'export const stage = { seats: 3 };',
    });
    expect(entries(model)).toEqual(['GET /rehearsals/next > GET /next']);
    expect(model.modules.map(({ path, kind }) => `${path} ${kind}`)).toEqual(['app.ts source', 'testing/props.ts test', 'testing/rehearsal.test.ts test', 'testing/rehearsal.ts source', 'testing/stage.ts test']);
  });
});
