import { expect, test } from '@jest/globals';
import { readText } from '../test/read-text.ts';
import { traceEndpoints } from './measure/traces.ts';

test('what a request does goes on behind the events it raises and the jobs it queues', async () => {
  const model = await readText({
    'bus.ts': "import { EventEmitter } from 'node:events'; export const bus = new EventEmitter();",
    'queues.ts': "import { Queue } from 'bullmq'; export const mails = new Queue('mails');",
    'seats.ts': "import { bus } from './bus'; import { db } from './db'; bus.on('ticket.sold', async () => { await db('seats').update({ taken: true }); });",
    'mails.ts': "import { Worker } from 'bullmq'; import { db } from './db'; new Worker('mails', send); async function send() { await db('sent_mails').insert({ to: 'guest' }); }",
    'tickets.ts': "import express from 'express'; import { bus } from './bus'; import { mails } from './queues'; import { db } from './db'; const app = express();\napp.post('/tickets', async (req, res) => { await db('tickets').insert({ film: 1 });\n bus.emit('ticket.sold');\n await mails.add('welcome', {}); res.end(); });",
    'db.ts': "import knex from 'knex'; export const db = knex({});",
  });
  const trace = traceEndpoints(model).find(({ endpoint }) => endpoint.path === '/tickets');
  expect(trace?.writes).toEqual(['tickets', 'seats', 'sent_mails']);
});
