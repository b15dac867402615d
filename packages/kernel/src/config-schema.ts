import { z } from 'zod';
import { METHODS } from './endpoint.ts';

/** The same shape as `MigrationConfig`, checked at run time; editors get it as JSON Schema (`strangler schema`). */
const setting = z.union([z.string().min(1), z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w*$/) })]).describe('A value, or { env: NAME } to read it from the environment when it is needed.');
const endpoint = z.string().regex(new RegExp(`^(${METHODS.join('|')}) /[^ ?#]*$`), 'write it as people say it: `GET /orders/:id`');
const stickyBy = z.string().regex(/^(header:[^\s:]+|cookie:[^\s:]+|client)$/, 'one of header:NAME, cookie:NAME, client');
const responsePath = z.string().regex(/^(status|header:[^\s]+|body:\/.*)$/, 'one of status, header:NAME, body:/json/pointer');

const stage = z.union([
  z.literal('monolith'),
  z.strictObject({ shadow: z.strictObject({ sample: z.number().gt(0).max(1), sandbox: setting.optional() }) }),
  z.strictObject({ canary: z.strictObject({ percent: z.number().min(0).max(100), stickyBy }) }),
  z.literal('service'),
  z.literal('retired'),
], { error: 'one of monolith, { shadow: { sample } }, { canary: { percent, stickyBy } }, service, retired' });

const service = z.strictObject({
  context: z.string().min(1),
  url: setting,
  database: setting,
  owns: z.strictObject({ modules: z.array(z.string()), tables: z.array(z.string()), dividedBy: stickyBy.optional() }),
  outbox: z.strictObject({
    table: z.string().min(1).optional(),
    to: z.enum(['kafka', 'rabbitmq', 'log']),
    broker: setting.optional(),
    pipelined: z.boolean().optional(),
    keepDays: z.number().positive().optional(),
  }).optional(),
});

const route = z.strictObject({
  match: endpoint,
  to: z.string(),
  stage,
  writes: z.array(z.string()).min(1).optional(),
  onFailure: z.enum(['monolith', 'fail']).optional(),
});

const literal = z.union([z.string(), z.number(), z.boolean()]);
const column = z.string().min(1);
const predicate: z.ZodType = z.lazy(() => z.union([
  z.strictObject({ column, op: z.enum(['=', '<>']), value: literal }),
  z.strictObject({ column, op: z.enum(['<', '<=', '>', '>=']), value: z.union([z.number(), z.string()]) }),
  z.strictObject({ column, op: z.enum(['in', 'not in']), values: z.array(literal).min(1) }),
  z.strictObject({ column, op: z.enum(['is null', 'is not null']) }),
  z.strictObject({ and: z.array(predicate).min(1) }),
  z.strictObject({ or: z.array(predicate).min(1) }),
  z.strictObject({ not: predicate }),
], { error: 'a filter is { column, op, value }, { column, op: in, values }, { column, op: is null }, { and: […] }, { or: […] } or { not: … }' }));

const codeMap = z.strictObject({ map: z.record(z.string(), z.string().nullable()), else: z.enum(['refuse', 'keep']).nullable().optional() });
const computed = z.union([z.strictObject({ constant: z.string().nullable() }), z.strictObject({ text: z.string().min(1) }), z.strictObject({ sql: z.string().min(1) })],
  { error: 'one of { constant }, { text: "{first} {last}" }, { sql: "{price:numeric} / 100" }' });

const tablePart = z.strictObject({
  into: z.string().optional(),
  columns: z.record(z.string(), z.string()).optional(),
  omit: z.array(z.string()).optional(),
  where: predicate.optional(),
  values: z.record(z.string(), codeMap).optional(),
  compute: z.record(z.string(), computed).optional(),
  discriminator: z.record(z.string(), z.string()).optional(),
  adds: z.literal('columns').optional(),
});
const tableMapping = tablePart.extend({
  key: z.array(z.string()).min(1, 'a replicated table needs its primary key'),
  also: z.array(tablePart.extend({ into: z.string() })).min(1).optional(),
});

const replication = z.strictObject({
  from: z.string(), to: z.string(), tables: z.record(z.string(), tableMapping),
  retention: z.strictObject({ days: z.number().positive().optional(), megabytes: z.number().positive().optional() }).optional(),
  log: z.enum(['embedded', 'kafka']).optional(),
  reading: z.enum(['transactions', 'keys']).optional(),
  copy: z.strictObject({
    readers: z.int().min(1).max(16).optional(),
    pauseAbove: z.strictObject({ lagMegabytes: z.number().positive().optional(), walMegabytes: z.number().positive().optional() }).optional(),
  }).optional(),
  onRefusal: z.enum(['stop', 'park']).optional(),
  parkAtMost: z.strictObject({ transactions: z.int().positive().optional(), megabytes: z.int().positive().optional() }).optional(),
});

export const configSchema = z.strictObject({
  monolith: z.strictObject({ source: z.string().min(1), url: setting, database: setting }),
  services: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'a service name is lower case: letters, digits, -'), service),
  routes: z.record(z.string().regex(/^[A-Za-z0-9_.-]+$/, 'a route id has letters, digits, dot, dash, underscore'), route),
  compare: z.strictObject({
    ignore: z.array(responsePath).optional(),
    unordered: z.array(responsePath).optional(),
    tolerance: z.record(responsePath, z.number().nonnegative()).optional(),
    promoteWhen: z.strictObject({
      minSamples: z.int().positive(),
      maxMismatchRate: z.number().min(0).max(1),
      maxLatencyRatio: z.number().positive(),
      maxSettledRate: z.number().min(0).max(1).optional(),
    }),
  }),
  replication: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'a replication name is lower case: letters, digits, -'),
    replication).optional(),
});

/** The config's shape as JSON Schema, for editors. */
export const configJsonSchema = (): unknown => z.toJSONSchema(configSchema, { io: 'input' });
