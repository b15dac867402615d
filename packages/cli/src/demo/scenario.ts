import { join } from 'node:path';
import { analyze, formats } from '@strangler/analyzer';
import { cutOver, emitMarker, readCheckpoint, replay, verify, waitForCheckpoint, type ReplayFrom, type ReplayOptions } from '@strangler/migrations';
import { loadConfig, systemClock, type MigrationConfig, type ReplicationConfig } from '@strangler/kernel';
import { mkdir, writeFile } from 'node:fs/promises';
import { cutoverPorts } from '../compose/cutover.ts';
import { checkStages, present, step, unleash, type Play } from './play.ts';
import { check, insist, until } from './poll.ts';
import { awaitEvidence, checkWriters, moveReads, READS, WRITES } from './routes.ts';
import { seeded } from './seeded.ts';
import { ledgerRows, shelves, signIn } from './shop.ts';
import { startTraffic } from './traffic.ts';
import { SOURCE, startWorld, type World } from './world.ts';

const READS_PER_SECOND = 150;
const WRITES_PER_SECOND = 12;
const TALLIES_WRITTEN_MS = 2_500;
const FORWARD = 'catalog-forward';
const BACK = 'catalog-back';
const COPIES = [FORWARD, 'catalog-reads'] as const;

/** The story, top to bottom. What a step leaves behind for the next ones stands in `play`. */
export async function perform(play: Play): Promise<void> {
  const world = await step(play, 'The shop runs as it always has: one process, one database', () => startWorld(play.io.signal));
  play.world = world;
  const { config } = await loadConfig(world.configFile);
  await step(play, 'Its source is read, and bounded contexts are proposed', () => propose(play, world));
  await step(play, 'A proxy stands in front of it; its clients notice nothing', () => openForBusiness(play, world));
  await step(play, 'The catalog gets a database of its own: snapshot, then every change', () => copy(play, world, config));
  await step(play, 'Shadow: the catalog service answers every read too, and nobody sees it', () => shadow(play, world), 0.1);
  await step(play, 'The service is switched to its mended build, and asked again', () => mend(play, world), 0.15);
  await step(play, 'Canary: 5, 50, 100 % of the callers, each always on one side', () => canary(play), 0.15);
  await step(play, 'The change log is replayed into fresh copies: from the start, and from a time of our choice', () => again(play, world, config), 0.1);
  await step(play, 'Cut-over: the catalog owns its writes from now on', () => move(play, world, config, 'forward'), 0.2);
  await step(play, 'Back to the monolith, and forward again, with nothing lost', async () => {
    await move(play, world, config, 'back');
    await move(play, world, config, 'forward');
  }, 0.3);
  await step(play, 'The books are closed: every acknowledged write is there, once, on both sides', () => close(play, world, config));
}

async function propose(play: Play, world: World): Promise<void> {
  const analysis = await analyze(SOURCE);
  play.report = world.reportDirectory;
  await mkdir(play.report, { recursive: true });
  for (const name of ['html', 'json', 'md']) {
    const { file, text } = present(formats.get(name), `the format ${name}`);
    await writeFile(join(play.report, file), text(analysis));
  }
  const { model, contexts, cuts } = analysis;
  play.narrator.fact(`${String(model.modules.length)} modules, ${String(model.endpoints.length)} endpoints, ${String(model.tables.length)} tables; unresolved and listed: ${String(model.unresolved.length)}`);
  play.narrator.fact(`${String(contexts.length)} contexts: ${contexts.map(({ name }) => name).join(', ')}; ${String(cuts.length)} cuts, each with its remedy`);
  const owners = contexts.filter(({ tables }) => tables.includes('products'));
  check(contexts.length > 1 && owners.length === 1, 'the products are proposed to one owner among several contexts');
}

async function openForBusiness(play: Play, world: World): Promise<void> {
  const { url, adminUrl, admin } = await world.startProxy();
  play.proxy = { url, adminUrl };
  play.admin = admin;
  const token = await signIn(url);
  play.traffic = startTraffic({
    url, token, ...await shelves(world.monolithDatabase), readsPerSecond: READS_PER_SECOND, writesPerSecond: WRITES_PER_SECOND, dice: seeded(play.options.seed), ledger: play.ledger,
  });
  for (const route of [...READS, ...WRITES]) play.expected.set(route, 'monolith');
  play.narrator.fact(`${String(READS_PER_SECOND)} reads and ${String(WRITES_PER_SECOND)} writes a second from now to the end`);
  await until('the first answers through the proxy', 10_000, () => Promise.resolve(present(play.traffic, 'traffic').tally().served > 100 ? true : undefined));
}

async function copy(play: Play, world: World, config: MigrationConfig): Promise<void> {
  await world.startSink();
  unleash(play, world);
  for (const name of COPIES) await until(`a checkpoint of ${name}`, 60_000, () => insist(() => readCheckpoint(world.catalogDatabase, name)));
  for (const name of COPIES) {
    const verdict = await until(`${name} verified`, 60_000, async () => {
      const found = await verify({ mapping: replication(config, name), ...sides(world) });
      return found.kind === 'Verified' ? found : undefined;
    });
    play.narrator.fact(verdict.tables.map(({ into, rowsTarget }) => `${into} ${String(rowsTarget)}`).join(', ') + ' rows, equal while being written');
  }
}

async function shadow(play: Play, world: World): Promise<void> {
  const admin = present(play.admin, 'the admin API');
  await world.startCatalog('half-even');
  await moveReads(admin, play.expected, 'shadow:1', 'see whether the service answers like the monolith');
  const found = await until('a disagreement', 60_000, async () => {
    const reports = await insist(() => admin.compare());
    const differing = reports.flatMap(({ route, tally }) => Object.entries(tally.paths).filter(([, { count }]) => count > 0).map(([path, { count, examples }]) => ({ route, path, count, example: examples[0] })));
    const total = reports.reduce((sum, { evidence }) => sum + evidence.samples, 0);
    return total > 600 && differing.length > 0 ? differing : undefined;
  });
  for (const { route, path, count } of found) play.narrator.fact(`${route} ${path} differs, ${String(count)} ×`);
  const price = found.find(({ path, example }) => path.includes('effectivePrice') && example !== undefined);
  check(price?.example !== undefined, `the planted rounding is found at effectivePrice, and not only at ${found.map(({ path }) => path).join(', ')}`);
  play.disagreement = { path: price.path, control: price.example.control, candidate: price.example.candidate };
  play.narrator.fact(`for example ${price.example.path}: monolith ${price.example.control ?? ''}, service ${price.example.candidate ?? ''}`);
}

async function mend(play: Play, world: World): Promise<void> {
  const admin = present(play.admin, 'the admin API');
  await present(world.process('catalog'), 'the catalog').replace({ CATALOG_ROUNDING: 'half-up', BUILD: '2' });
  await insist(() => admin.resetComparison({ by: 'demo', why: 'build 2 rounds half-up, as the monolith does' }));
  const gather = (): ReturnType<typeof awaitEvidence> => awaitEvidence(admin, (text) => { play.narrator.progress(text); });
  let reports = await gather();
  if (play.options.kills > 0) {
    // A killed proxy forgets the last second of counting: what was just enough may not be after the next kill, unless it has been written down.
    await systemClock.sleep(TALLIES_WRITTEN_MS);
    reports = await gather();
  }
  for (const { route, evidence } of reports) play.narrator.fact(`${route}: ${evidence.because}`);
  await checkStages(play);
}

async function canary(play: Play): Promise<void> {
  const admin = present(play.admin, 'the admin API');
  for (const to of ['canary:5', 'canary:50', 'canary:100', 'service']) {
    await moveReads(admin, play.expected, to, 'the evidence says so');
    await systemClock.sleep(1_200);
    const { routes } = await insist(() => admin.status());
    const served = routes.filter(({ id }) => READS.some((read) => read === id)).reduce((sum, { requests }) => sum + requests.service, 0);
    play.narrator.fact(`${to.padEnd(10)} ${String(served)} reads answered by the service so far`);
  }
  await checkStages(play);
}

async function move(play: Play, world: World, config: MigrationConfig, direction: 'forward' | 'back'): Promise<void> {
  const admin = present(play.admin, 'the admin API');
  const mapping = replication(config, FORWARD);
  const why = direction === 'forward' ? 'the catalog is ready to own its writes' : 'to show that going back loses nothing';
  const shared = { config, name: FORWARD, mapping, direction, ...sides(world), stateDirectory: world.stateDirectory, by: 'demo', why };
  const report = await insist(async () => {
    await using ports = await cutoverPorts({ ...shared, admin });
    return await cutOver({ ...shared, ports, tables: Object.keys(mapping.tables), deadlineMs: 5_000, execute: true });
  }, 60_000);
  const owner = direction === 'forward' ? 'service' as const : 'monolith' as const;
  for (const route of WRITES) play.expected.set(route, owner);
  await checkWriters(admin, owner);
  play.cutovers.push({ direction, pauseMs: report.pauseMs });
  play.narrator.fact(`${direction}: writes paused for ${report.pauseMs.toFixed(0)} ms; ${String(report.heldRequests)} waited, none was refused`);
  await systemClock.sleep(1_500);
}

/** Writes are held for the blink in which the copies are made, so that there is something that stands still to compare them with. */
async function again(play: Play, world: World, config: MigrationConfig): Promise<void> {
  const admin = present(play.admin, 'the admin API');
  const mapping = replication(config, FORWARD);
  const common = { name: FORWARD, mapping, logDirectory: join(world.stateDirectory, 'log'), targetUrl: world.catalogDatabase, execute: true };
  const time = new Date(systemClock.now() - 5_000);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const hold = await insist(() => admin.fence({ tables: Object.keys(mapping.tables), deadlineMs: 8_000, by: 'demo', why: 'compare a replayed copy' }));
    await waitForCheckpoint(world.catalogDatabase, FORWARD, await emitMarker(world.monolithDatabase, 'replay'), { deadlineMs: 8_000 });
    const facts = [
      await copyAndVerify(world, common, 'start', `rebuilt_${String(attempt)}`),
      await copyAndVerify(world, common, { time }, `since_${String(attempt)}`),
    ];
    // A proxy that was killed meanwhile held nothing any more, and what was compared had moved on.
    const held = await admin.release(hold.fenceId).catch(() => undefined);
    if (facts.some((fact) => fact === undefined) && held === undefined) continue;
    check(facts.every((fact) => fact !== undefined), 'a replayed copy equals its source');
    for (const fact of facts) play.narrator.fact(fact);
    play.narrator.fact(`writes waited ${(held?.pauseMs ?? 0).toFixed(0)} ms for it`);
    return;
  }
  check(false, 'a copy could be compared without the proxy being killed');
}

/** Undefined when the copy is not equal. */
async function copyAndVerify(world: World, common: Omit<ReplayOptions, 'from' | 'intoSchema'>, from: ReplayFrom, intoSchema: string): Promise<string | undefined> {
  const report = await replay({ ...common, from, intoSchema });
  const { kind } = await verify({ mapping: into(common.mapping, intoSchema), ...sides(world), settleMs: 0 });
  if (kind !== 'Verified') return undefined;
  const since = typeof from === 'object' && 'time' in from ? from.time.toISOString() : 'the start';
  return `from ${since}: ${String(report.events)} events onto ${report.onto}, equal to the monolith's rows`;
}

const into = (mapping: ReplicationConfig, schema: string): ReplicationConfig => ({
  ...mapping, tables: Object.fromEntries(Object.entries(mapping.tables).map(([name, table]) => [name, { ...table, into: `${schema}.${table.into ?? name}` }])),
});

async function close(play: Play, world: World, config: MigrationConfig): Promise<void> {
  await play.chaos?.finish();
  await present(play.traffic, 'traffic').stop();
  await checkStages(play);
  for (const name of [...COPIES, BACK]) {
    const mapping = replication(config, name);
    const verdict = await verify({ mapping, sourceUrl: mapping.from === 'monolith' ? world.monolithDatabase : world.catalogDatabase, targetUrl: mapping.to === 'monolith' ? world.monolithDatabase : world.catalogDatabase });
    check(verdict.kind === 'Verified', `${name} is ${verdict.kind}: ${JSON.stringify(verdict.tables.filter(({ differing, checked }) => !checked || differing.length > 0))}`);
    play.narrator.fact(`${name}: ${verdict.tables.map(({ into, rowsTarget }) => `${into} ${String(rowsTarget)}`).join(', ')} rows, equal`);
  }
  for (const [owner, url] of [['catalog', world.catalogDatabase], ['monolith', world.monolithDatabase]] as const) {
    const judged = play.ledger.judge(await ledgerRows(url));
    play.judged = judged;
    check(judged.lost.length === 0 && judged.duplicated.length === 0, `the ${owner} holds every acknowledged write once: ${[...judged.lost, ...judged.duplicated].slice(0, 3).join('; ')}`);
  }
  play.events = await countEvents(world, config);
  check(play.events.lost === 0 && play.events.duplicated === 0, `every logged event was applied once: ${JSON.stringify(play.events)}`);
  const { failed, failures } = present(play.traffic, 'traffic').tally();
  check(play.options.kills > 0 || failed === 0, `no request failed: ${[...failures].map(([what, count]) => `${String(count)} × ${what}`).join('; ')}`);
}

/** What the change logs hold against what the checkpoints counted; both are written by different hands. */
async function countEvents(world: World, config: MigrationConfig): Promise<{ applied: number; lost: number; duplicated: number }> {
  const total = { applied: 0, lost: 0, duplicated: 0 };
  for (const name of [...COPIES, BACK]) {
    const mapping = replication(config, name);
    const target = mapping.to === 'monolith' ? world.monolithDatabase : world.catalogDatabase;
    const plan = await replay({ name, mapping, logDirectory: join(world.stateDirectory, 'log'), targetUrl: target, from: 'start', intoSchema: 'only_a_plan', execute: false });
    const logged = plan.events - plan.tables.reduce((sum, { snapshotReads }) => sum + snapshotReads, 0);
    const applied = (await readCheckpoint(target, name))?.eventsApplied ?? 0;
    total.applied += applied;
    total.lost += Math.max(0, logged - applied);
    total.duplicated += Math.max(0, applied - logged);
  }
  return total;
}

const sides = (world: World): { sourceUrl: string; targetUrl: string } => ({ sourceUrl: world.monolithDatabase, targetUrl: world.catalogDatabase });

function replication(config: MigrationConfig, name: string): ReplicationConfig {
  return present(config.replication?.[name], `the replication ${name}`);
}
