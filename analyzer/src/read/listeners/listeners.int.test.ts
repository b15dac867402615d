import { describe, expect, test } from '@jest/globals';
import type { SystemModel } from '../../model/graph.ts';
import { readText } from '../../../test/read-text.ts';

const entries = ({ endpoints }: SystemModel): string[] => endpoints.filter(({ framework }) => framework === 'event' || framework === 'schedule').map(({ method, path, handlers }) => `${method} ${path} > ${handlers.map(({ name }) => name).join(', ')}`);
const raised = ({ calls }: SystemModel): string[] => calls.filter(({ kind }) => kind === 'event').map(({ from, to }) => `${from.name} > ${to.name}`);
const listed = ({ unresolved }: SystemModel): string[] => unresolved.filter(({ kind, what }) => kind === 'endpoint' || what === 'event').map(({ what, evidence }) => `${what} ${evidence.file}:${String(evidence.line)}`);

describe('jobs that calls set up', () => {
  test('schedules of node-cron, node-schedule and cron go by their name, or by the function that sets them up', async () => {
    expect(entries(await readText({
      'jobs.ts': "import cron from 'node-cron'; import * as schedule from 'node-schedule'; import { CronJob } from 'cron';\nexport function start() { cron.schedule('0 * * * *', sweep); schedule.scheduleJob('nightly-count', '0 3 * * *', () => sweep()); new CronJob('* * * * *', sweep, null, true); new CronJob('x', () => {}); }\nfunction sweep() {}",
    }))).toEqual(['JOB nightly-count > start', 'JOB start > sweep']);
  });

  test('workers of Bull, BullMQ, agenda and pg-boss, by queue and job', async () => {
    expect(entries(await readText({
      'mails.js': "const Queue = require('bull'); const path = require('path'); const mails = new Queue('mails'); let tickets;\nif (process.env.REDIS) tickets = new Queue('tickets');\nmails.process('welcome', 5, send); tickets.process(2, path.resolve(__dirname, 'print.js')); function send() {}",
      'print.js': 'module.exports = function print(job) {};',
      'refunds.ts': "import { Worker } from 'bullmq'; const NAME = 'refunds'; export const worker = new Worker(NAME, async (job) => { await pay(job); }); async function pay(job: unknown) {}",
      'agenda.ts': "import Agenda from 'agenda'; import PgBoss from 'pg-boss'; const agenda = new Agenda(); const boss = new PgBoss('');\nagenda.define('close till', { priority: 1 }, close); boss.work('restock', close); function close() {}",
    }))).toEqual(['JOB close till > close', 'JOB mails/welcome > send', 'JOB refunds > (top)', 'JOB restock > close', 'JOB tickets > print']);
  });

  test('a job put into a queue leads to the worker of that queue', async () => {
    const model = await readText({
      'mails.service.ts': "import { InjectQueue } from '@nestjs/bull'; import { Queue } from 'bull'; import { MAILS } from './names'; export class Mails { constructor(@InjectQueue(MAILS) private readonly queue: Queue) {}\n welcome() { return this.queue.add('welcome', {}); } }",
      'mails.processor.ts': "import { Processor, Process } from '@nestjs/bull'; import { MAILS } from './names'; @Processor(MAILS) export class MailsProcessor { @Process('welcome') send() {} @Process('farewell') leave() {} }",
      'names.ts': "export const MAILS = 'mails';",
    });
    expect(raised(model)).toEqual(['Mails.welcome > MailsProcessor.send']);
  });
});

describe('events', () => {
  test('an emitted event leads to its listeners, through wrappers and across files', async () => {
    const model = await readText({
      'bus.ts': "import { EventEmitter } from 'node:events'; export class Bus extends EventEmitter { announce(name: string) { this.emit(name); } listen(name: string, hear: () => void) { this.on(name, hear); } }\nexport const bus = new Bus(); export const SOLD = 'ticket.sold';",
      'seats.ts': "import { bus, SOLD } from './bus'; import { db } from './db'; bus.on(SOLD, take); bus.listen('film.ended', free);\nasync function take() { await db('seats').update({ taken: true }); } function free() {}",
      'tickets.ts': "import express from 'express'; import { bus, SOLD } from './bus'; export const app = express();\napp.post('/tickets', sell); function sell() { bus.emit(SOLD); bus.announce('film.ended'); }",
      'db.ts': "import knex from 'knex'; export const db = knex({});",
    });
    expect(entries(model)).toEqual(['EVENT film.ended > free', 'EVENT ticket.sold > take']);
    expect(raised(model)).toEqual(['sell > free', 'sell > take']);
  });

  test('messages of CQRS buses go by their class, Nest events by their name or pattern', async () => {
    const model = await readText({
      'orders.ts': "import { CommandBus, EventBus } from '@nestjs/cqrs'; import { EventEmitter2 } from '@nestjs/event-emitter'; import { PlaceOrder, OrderPlaced } from './messages';\nexport class Orders { constructor(private readonly commands: CommandBus, private readonly events: EventBus, private readonly emitter: EventEmitter2) {} place() { this.commands.execute(new PlaceOrder()); this.events.publish(new OrderPlaced()); this.emitter.emit('order.shipped', {}); } }",
      'handlers.ts': "import { CommandHandler, EventsHandler } from '@nestjs/cqrs'; import { OnEvent } from '@nestjs/event-emitter'; import { PlaceOrder, OrderPlaced } from './messages';\n@CommandHandler(PlaceOrder) export class PlaceHandler { execute() {} }\n@EventsHandler(OrderPlaced) export class PlacedHandler { handle() {} }\nexport class Watcher { @OnEvent('order.*') any() {} @OnEvent('basket.left') left() {} }",
      'messages.ts': 'export class PlaceOrder {} export class OrderPlaced {}',
    });
    expect(entries(model)).toEqual(['EVENT OrderPlaced > PlacedHandler.handle', 'EVENT PlaceOrder > PlaceHandler.execute', 'EVENT basket.left > Watcher.left', 'EVENT order.* > Watcher.any']);
    expect(raised(model)).toEqual(['Orders.place > PlaceHandler.execute', 'Orders.place > PlacedHandler.handle', 'Orders.place > Watcher.any']);
  });

  test('what sockets hear is an entry point; what they send goes to the other side', async () => {
    const model = await readText({
      'sockets.ts': "import { Server } from 'socket.io'; const io = new Server();\nio.on('connection', (socket) => { socket.on('seat.choose', choose); socket.on('error', () => log()); socket.emit('seat.choose'); });\nfunction choose() {} function log() {}",
    });
    expect(entries(model)).toEqual(['EVENT connection > on connection', 'EVENT seat.choose > choose']);
    expect(raised(model)).toEqual([]);
  });

  test('names only known at run time are listed, and what browsers and the runtime say is no entry point', async () => {
    const model = await readText({
      'bus.ts': "import { EventEmitter } from 'events'; const bus = new EventEmitter();\nbus.on(process.env.TOPIC, () => hear()); bus.on('known', hear);\nbus.emit(process.env.TOPIC); process.on('SIGTERM', hear); function hear() {}",
      'page.tsx': "import { socket } from './socket'; socket.on('seat.taken', () => draw()); function draw() {}",
    });
    expect(entries(model)).toEqual(['EVENT known > hear']);
    expect(listed(model)).toEqual(['listener bus.ts:2', 'event bus.ts:3']);
  });

  test('consumers of RabbitMQ and Kafka, and what is sent to them', async () => {
    const model = await readText({
      'rabbit.ts': "import amqp from 'amqplib'; export async function run() { const connection = await amqp.connect(''); const channel = await connection.createChannel();\nawait channel.consume('orders', take); channel.sendToQueue('orders', Buffer.from('')); } function take() {}",
      'kafka.ts': "import { Kafka } from 'kafkajs'; const kafka = new Kafka({ brokers: [] }); const consumer = kafka.consumer({ groupId: 'tills' }); const producer = kafka.producer();\nexport async function run() { await consumer.subscribe({ topic: 'tills' }); await consumer.run({ eachMessage: count }); } export function open() { return producer.send({ topic: 'tills', messages: [] }); } function count() {}",
    });
    expect(entries(model)).toEqual(['EVENT orders > take', 'EVENT tills > count']);
    expect(raised(model)).toEqual(['open > count', 'run > take']);
  });
});
