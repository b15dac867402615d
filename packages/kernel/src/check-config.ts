import type { Finding } from './errors.ts';
import { isSafe, parseEndpoint } from './endpoint.ts';
import { checkTables } from './check-tables.ts';
import type { MigrationConfig, RouteConfig } from './migration-config.ts';

/** What the shape alone cannot say: names that refer to nothing, and stages that would hurt data. Every problem, in config order. */
export function checkConfig(config: MigrationConfig): Finding[] {
  return [
    ...Object.entries(config.services).flatMap(([name]) => reservedName(name)),
    ...Object.entries(config.routes).flatMap(([id, route]) => checkRoute(config, id, route)),
    ...checkWriteSets(config),
    ...Object.entries(config.replication ?? {}).flatMap(([name, mapping]) => [
      ...unknownSide(config, `replication.${name}.from`, mapping.from),
      ...unknownSide(config, `replication.${name}.to`, mapping.to),
      ...(mapping.from === mapping.to ? [error('STR_REPLICATION_LOOP', `replication.${name}`, `'${name}' replicates ${mapping.from} into itself.`, 'Give it two different sides.')] : []),
      ...(mapping.reading !== undefined && mapping.log !== 'kafka' ? [error('STR_READING_WITHOUT_KAFKA', `replication.${name}.reading`, `'${name}' says how Kafka is read, but its log is not on Kafka.`, "Add log: 'kafka', or take `reading` away.")] : []),
      ...checkTables(name, mapping),
    ]),
    ...checkOwners(config),
  ];
}

function checkRoute(config: MigrationConfig, id: string, route: RouteConfig): Finding[] {
  const where = `routes.${id}`;
  const found = unknownSide(config, `${where}.to`, route.to).filter(() => route.to !== 'monolith');
  if (route.to === 'monolith') found.push(error('STR_UNKNOWN_SERVICE', `${where}.to`, `Route '${id}' leads back to the monolith.`, 'Name the service that will answer, or leave the route out: what no route matches stays with the monolith.'));
  if (!writes(route)) return found;
  return [...found, ...checkWriteStage(config, id, route), ...(route.writes === undefined
    ? [error('STR_WRITE_SET_MISSING', `${where}.writes`, `Route '${id}' (${route.match}) may write, but names no tables.`, 'List them (`strangler analyze` shows them per endpoint), so that routes which share one flip together.')] : [])];
}

function checkWriteStage(config: MigrationConfig, id: string, route: RouteConfig): Finding[] {
  const where = `routes.${id}.stage`;
  if (typeof route.stage === 'string') return [];
  if ('shadow' in route.stage) {
    return route.stage.shadow.sandbox !== undefined ? [] : [error('STR_UNSAFE_SHADOW', where,
      `Route '${id}' would run ${route.match} twice: a shadowed write repeats its effects.`, 'Point the shadow at a sandbox (shadow.sandbox), or leave it at monolith until cut-over.')];
  }
  const dividedBy = config.services[route.to]?.owns.dividedBy;
  return route.stage.canary.stickyBy === dividedBy ? [] : [error('STR_SPLIT_BRAIN', where,
    `Route '${id}' would send some callers' ${route.match} to ${route.to} and the rest to the monolith: two owners of one row.`, 'Cut the write set over as a whole (`strangler cutover`), or divide the rows by the sticky key and say so in owns.dividedBy.')];
}

/** Routes that write one table must lead to one service, or the table would have two owners after cut-over. */
function checkWriteSets(config: MigrationConfig): Finding[] {
  const owner = new Map<string, { id: string; to: string }>();
  const found: Finding[] = [];
  for (const [id, route] of Object.entries(config.routes)) {
    for (const table of route.writes ?? []) {
      const first = owner.get(table);
      if (first === undefined) owner.set(table, { id, to: route.to });
      else if (first.to !== route.to) {
        found.push(error('STR_TWO_OWNERS', `routes.${id}.writes`, `'${first.id}' and '${id}' both write ${table}, but lead to ${first.to} and ${route.to}.`, 'Give the table one owner: send both routes to the same service, or split the table first.'));
      }
    }
  }
  return found;
}

function checkOwners(config: MigrationConfig): Finding[] {
  const owner = new Map<string, string>();
  const found: Finding[] = [];
  for (const [name, service] of Object.entries(config.services)) {
    for (const table of service.owns.tables) {
      const first = owner.get(table);
      if (first !== undefined) found.push(error('STR_TWO_OWNERS', `services.${name}.owns.tables`, `Table ${table} is owned by ${first} and by ${name}.`, 'A table has one owner; the other reads it through an API or a replica.'));
      owner.set(table, first ?? name);
    }
  }
  return found;
}

const reservedName = (name: string): Finding[] => name !== 'monolith' ? []
  : [error('STR_RESERVED_NAME', 'services.monolith', "'monolith' names the running application, not a service.", 'Choose another name.')];

const unknownSide = (config: MigrationConfig, where: string, side: string): Finding[] => side === 'monolith' || Object.hasOwn(config.services, side) ? []
  : [error('STR_UNKNOWN_SERVICE', where, `There is no service '${side}'.`, `Declared: ${Object.keys(config.services).join(', ') || 'none'}.`)];

/** A route writes when it says so, or when its method may (RFC 9110 §9.2.1). */
export const writes = (route: Pick<RouteConfig, 'match' | 'writes'>): boolean => route.writes !== undefined || !isSafe(parseEndpoint(route.match).method);

const error = (code: Finding['code'], where: string, message: string, remedy: string): Finding => ({ code, severity: 'error', where, message, remedy });
