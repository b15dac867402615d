import type { CommandEntry } from './command.ts';

/** Every verb, in the order in which a migration meets them. */
export const commands: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['demo', { summary: 'the whole path on the sample shop, checked as it goes', load: () => import('./commands/demo.ts') }],
  ['analyze', { summary: 'propose bounded contexts from a project\'s source', load: () => import('./commands/analyze.ts') }],
  ['init', { summary: 'write a strangler.config.ts to start from', load: () => import('./commands/init.ts') }],
  ['doctor', { summary: 'say everything that would stop you, with its remedy', load: () => import('./commands/doctor.ts') }],
  ['serve', { summary: 'run the proxy in front of the monolith', load: () => import('./commands/serve.ts') }],
  ['replicate', { summary: 'copy tables and follow their changes', load: () => import('./commands/replicate.ts') }],
  ['status', { summary: 'where every route, replication and relay is', load: () => import('./commands/status.ts') }],
  ['dead-letters', { summary: 'transactions the target refused: see, retry, discard', load: () => import('./commands/dead-letters.ts') }],
  ['promote', { summary: 'move a route one stage on, on evidence', load: () => import('./commands/promote.ts') }],
  ['rollback', { summary: 'move a route back', load: () => import('./commands/rollback.ts') }],
  ['compare', { summary: 'how the monolith\'s and the service\'s answers differ', load: () => import('./commands/compare.ts') }],
  ['verify', { summary: 'prove that two databases hold the same rows', load: () => import('./commands/verify.ts') }],
  ['cutover', { summary: 'move a whole write set to its service, or back', load: () => import('./commands/cutover.ts') }],
  ['replay', { summary: 'apply logged changes again from a time or an LSN', load: () => import('./commands/replay.ts') }],
  ['relay', { summary: 'deliver a service\'s outbox to Kafka, RabbitMQ or a log', load: () => import('./commands/relay.ts') }],
  ['sagas', { summary: 'sagas that are stuck, and what to do about them', load: () => import('./commands/sagas.ts') }],
  ['migrate', { summary: 'expand or contract a database\'s schema', load: () => import('./commands/migrate.ts') }],
  ['connect', { summary: 'Debezium connectors from the config, in Kafka Connect', load: () => import('./commands/connect.ts') }],
  ['schema', { summary: 'the config\'s JSON Schema, for editors', load: () => import('./commands/schema.ts') }],
]);
