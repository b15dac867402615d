import { describe, expect, test } from '@jest/globals';
import { StranglerError, type Clock, type ReplicationConfig } from '@strangler/kernel';
import { LSN_ZERO } from '../capture/lsn.ts';
import type { Verdict } from '../verify/verdict.ts';
import { conduct, type CutoverReport } from './cutover.ts';
import type { CutoverJournal, JournalEntry } from './journal.ts';
import type { Owners, Side } from './owners.ts';
import { planCutover, printPlan, type Direction } from './plan.ts';
import type { CutoverPorts } from './ports.ts';

const mapping: ReplicationConfig = { from: 'monolith', to: 'catalog', tables: { books: { key: ['id'], into: 'titles' }, authors: { key: ['id'] } } };
const planned = (direction: Direction = 'forward', verifyWhileHeld = false) =>
  planCutover({ name: 'catalog-forward', direction, tables: ['books', 'authors'], mapping, deadlineMs: 1_000, verifyWhileHeld });

type Name = 'monolith' | 'catalog';

/** Two databases, a proxy and a log, as far as a cut-over can tell. What it holds outlives the process that cuts over. */
class World {
  fenced = new Set<Name>();
  route: Name = 'monolith';
  held = new Set<string>();
  slots = new Set<Name>();
  streaming = new Set<Name>();
  log: JournalEntry[] = [];
  nowMs = 0;
  calls: string[] = [];
  /** The most important law: once the service owns the tables, the two databases are never open to writers at the same time. */
  splitBrain = false;
  /** And once a way back exists, nobody writes the copy unseen: what is written there flows to the owner. */
  copyOpen = false;
  private ids = 0;

  observe(): void {
    if (this.route === 'catalog' && this.fenced.size === 0) this.splitBrain = true;
    if (this.slots.size > 0 && this.fenced.size === 0) this.copyOpen = true;
  }

  hold(): string {
    this.ids += 1;
    this.held.add(`hold-${String(this.ids)}`);
    return `hold-${String(this.ids)}`;
  }
}

class Crash extends Error {}
interface Faults {
  /** The process dies at its n-th call, before or after the call took effect. */
  readonly dieAt?: number;
  readonly after?: boolean;
  readonly fail?: Partial<Record<string, Error>>;
  readonly slow?: string;
  /** What happens in the world just before a call. */
  readonly before?: Partial<Record<string, () => Promise<void>>>;
  /** How the proxy answers each flip in turn; `silent` flips and loses the answer. */
  readonly flips?: readonly ('silent' | 'refused')[];
  readonly verdict?: Verdict['kind'];
}

/** Stands still, unless a step is slow: then the time it was given passes at once. */
const clockOf = (world: World, { slow }: Faults): Clock => ({
  now: () => world.nowMs,
  sleep: (ms, signal) => new Promise((resolve) => {
    setImmediate(() => {
      if (slow !== undefined && signal?.aborted !== true) world.nowMs += ms;
      if (slow !== undefined || signal === undefined) resolve();
    });
  }),
});

const verdict = (kind: Verdict['kind'] = 'Verified'): Verdict => ({ kind, cannotSee: [], tables: kind === 'Verified' ? [] : [
  { table: 'books', into: 'titles', rowsSource: 1, rowsTarget: 1, chunks: 1, checked: true, differing: [{ key: { id: '7' }, kind: 'different', columns: ['title'] }] }] });

async function hindered(name: string, { before, slow }: Faults): Promise<void> {
  await before?.[name]?.();
  if (slow === name) await new Promise<never>(() => undefined);
}

/** One process's view of the world. */
function process(world: World, direction: Direction, faults: Faults = {}) {
  const [old, fresh]: [Name, Name] = direction === 'forward' ? ['monolith', 'catalog'] : ['catalog', 'monolith'];
  const nameOf = (side: Side): Name => side === 'old' ? old : fresh;
  let count = 0;
  let dead = false;
  let flips = 0;
  const call = async <T>(name: string, act: () => T): Promise<T> => {
    count += 1;
    const dies = count === faults.dieAt;
    if (dies) dead = true;
    if (dead && !(dies && faults.after === true)) throw new Crash(name);
    const failure = faults.fail?.[name];
    if (failure !== undefined) throw failure;
    await hindered(name, faults);
    world.calls.push(name);
    const value = act();
    world.observe();
    if (dies) throw new Crash(name);
    return value;
  };
  const owners: Owners = {
    open: () => call('open', () => undefined),
    fenced: (side) => call('fenced?', () => world.fenced.has(nameOf(side)) ? ['books'] : []),
    fence: (side) => call(`fence ${side}`, () => { world.fenced.add(nameOf(side)); return { waitedMs: 0 }; }),
    lift: (side) => call(`lift ${side}`, () => { world.fenced.delete(nameOf(side)); }),
    planSequences: () => call('plan-sequences', () => undefined), advanceSequences: () => call('sequences', () => []),
    verify: () => call('verify', () => verdict(faults.verdict)),
    claim: () => call('claim', () => undefined),
    abandon: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const ports: CutoverPorts = {
    gate: {
      hold: () => call('hold', () => ({ id: world.hold(), inFlightWaitedMs: 2 })),
      flip: (id, to) => call('flip', () => {
        const answer = faults.flips?.[flips];
        flips += 1;
        if (answer === 'silent') world.route = to as Name;
        if (answer === 'silent') throw new Error('socket hang up');
        if (answer === 'refused') throw new StranglerError({ code: 'STR_HOLD_EXPIRED', message: 'expired', remedy: 'again' });
        if (!world.held.has(id)) throw new StranglerError({ code: 'STR_HOLD_EXPIRED', message: 'gone', remedy: 'again' });
        world.route = to as Name;
        return { heldRequests: 3, pauseMs: 12 };
      }),
      release: (id) => call('release', () => world.held.delete(id)),
    },
    drain: { marker: () => call('marker', () => LSN_ZERO), caughtUp: () => call('drain', () => undefined) },
    reverse: {
      prepare: () => call('prepare-reverse', () => { world.slots.add(fresh); }),
      start: () => call('reverse', () => { world.streaming.add(fresh); }),
    },
  };
  const journal: CutoverJournal = {
    entries: () => Promise.resolve([...world.log]),
    append: (entry) => call(`log ${entry.event}`, () => { world.log.push(entry); }),
  };
  const options = { ports, by: 'ada', why: 'the catalog is ready', clock: clockOf(world, faults) };
  return { run: (verifyWhileHeld = false): Promise<CutoverReport> => conduct(planned(direction, verifyWhileHeld), { ...options, verifyWhileHeld }, owners, journal), calls: () => count };
}

/** What may stay is the way back, and the fence that keeps writers off the copy it begins at. */
const untouched = (world: World): void => {
  expect({ route: world.route, fenced: world.fenced.has('monolith'), held: world.held.size, copyOpen: world.copyOpen, splitBrain: world.splitBrain }).toEqual({ route: 'monolith', fenced: false, held: 0, copyOpen: false, splitBrain: false });
};
const movedForward = (world: World): void => {
  expect({ route: world.route, fenced: [...world.fenced], held: world.held.size, streaming: world.streaming.has('catalog'), splitBrain: world.splitBrain, copyOpen: world.copyOpen }).toEqual({ route: 'catalog', fenced: ['monolith'], held: 0, streaming: true, splitBrain: false, copyOpen: false });
};

describe('a plan', () => {
  test('names every step, what undoes it and the way back', () => {
    expect(printPlan(planned())).toEqual(expect.arrayContaining([
      `Cut-over 'catalog-forward' (forward): books, authors from monolith to catalog.`,
      expect.stringMatching(/^ 4\. fence +refuse every other write to books, authors in the database of monolith.*\(undo: lift it\)$/),
      expect.stringMatching(/to go back: strangler cutover catalog-forward --back --why '…' --execute$/)]));
  });

  test('goes the other way with the other side\'s table names', () => {
    expect(planned('back')).toMatchObject({ oldOwner: 'catalog', newOwner: 'monolith', oldTables: ['titles', 'authors'], newTables: ['books', 'authors'] });
  });

  test('refuses tables that nothing replicates', () => {
    expect(() => planCutover({ name: 'x', direction: 'forward', tables: ['books', 'bocks'], mapping, deadlineMs: 1 })).toThrow(expect.objectContaining({ code: 'STR_UNKNOWN_TABLE' }));
    expect(() => planCutover({ name: 'x', direction: 'forward', tables: [], mapping, deadlineMs: 1 })).toThrow(expect.objectContaining({ code: 'STR_UNKNOWN_TABLE' }));
  });
});

describe('a cut-over', () => {
  test('moves the tables and says how long callers waited', async () => {
    const world = new World();
    const report = await process(world, 'forward').run();
    movedForward(world);
    expect(report).toMatchObject({ outcome: 'done', pauseMs: 12, heldRequests: 3, warnings: [] });
    expect(report.steps.map(({ step }) => step)).toEqual(['pre-check', 'prepare-reverse', 'hold', 'fence', 'drain', 'sequences', 'lift', 'flip', 'reverse', 'release']);
    expect(world.log.at(0)).toMatchObject({ event: 'started', by: 'ada', why: 'the catalog is ready' });
    expect(world.log.at(-1)).toMatchObject({ event: 'closed', outcome: 'done' });
  });

  test('goes back and forth, each owner fenced while the other one owns', async () => {
    const world = new World();
    for (const direction of ['forward', 'back'] as const) await process(world, direction).run();
    expect({ route: world.route, fenced: [...world.fenced] }).toEqual({ route: 'monolith', fenced: ['catalog'] });
    await process(world, 'forward').run();
    movedForward(world);
  });

  test('is refused with every reason at once when the pre-check says no', async () => {
    const world = new World();
    world.fenced.add('monolith');
    await expect(process(world, 'forward', { fail: { drain: new Error('no slot') } }).run()).rejects.toMatchObject({
      code: 'STR_CUTOVER_NOT_READY', exitCode: 1, findings: [{ code: 'STR_ALREADY_CUT_OVER' }, { code: 'STR_REPLICATION_BEHIND' }] });
    expect(world.log).toEqual([]);
  });

  test('is refused when rows differ, naming the first', async () => {
    const world = new World();
    await expect(process(world, 'forward', { verdict: 'Mismatched' }).run()).rejects.toMatchObject({ findings: [{ code: 'STR_NOT_VERIFIED', message: expect.stringMatching(/"id":"7"/) }] });
    untouched(world);
  });

  test('verifies once more under the hold when asked to', async () => {
    const world = new World();
    const report = await process(world, 'forward').run(true);
    expect(report.steps.map(({ step }) => step)).toContain('verify');
  });

  test('that went through says so when reverse replication does not start', async () => {
    const world = new World();
    const report = await process(world, 'forward', { fail: { reverse: new Error('no walsender left') } }).run();
    expect(report).toMatchObject({ outcome: 'done', warnings: [{ code: 'STR_REVERSE_NOT_RUNNING' }] });
    expect(world.route).toBe('catalog');
  });
});

describe('a step that fails', () => {
  test.each(['prepare-reverse', 'hold', 'fence old', 'drain', 'sequences', 'lift new', 'fence new'])('before the flip (%s) leaves everything as it was', async (name) => {
    const world = new World();
    const { run } = process(world, 'forward', { fail: { [name]: new Error('the disk is full') } });
    // The pre-check drains too: it is the second call that is under test.
    await expect(run()).rejects.toThrow(name === 'drain' ? /not ready/ : /the disk is full/);
    untouched(world);
  });

  test.each(['hold', 'fence old', 'sequences'])('by taking too long (%s) releases everything at the deadline', async (name) => {
    const world = new World();
    await expect(process(world, 'forward', { slow: name }).run()).rejects.toMatchObject({ code: 'STR_CUTOVER_DEADLINE', exitCode: 1 });
    expect({ route: world.route, fenced: [...world.fenced], copyOpen: world.copyOpen }).toEqual({ route: 'monolith', fenced: ['catalog'], copyOpen: false });
  });

  test('on the way back raises the fence of the new owner again', async () => {
    const world = new World();
    await process(world, 'forward').run();
    const before = { route: world.route, fenced: [...world.fenced] };
    await expect(process(world, 'back', { fail: { flip: new StranglerError({ code: 'STR_HOLD_EXPIRED', message: 'expired', remedy: '' }) } }).run()).rejects.toMatchObject({ code: 'STR_HOLD_EXPIRED' });
    expect({ route: world.route, fenced: [...world.fenced] }).toEqual(before);
    expect(world.splitBrain).toBe(false);
  });

  test('without an answer from the flip is finished by the next call', async () => {
    const world = new World();
    await expect(process(world, 'forward', { fail: { flip: new Error('socket hang up') } }).run()).rejects.toMatchObject({ code: 'STR_CUTOVER_UNDECIDED', exitCode: 3 });
    expect(world.fenced.has('monolith')).toBe(true);
    world.held.clear();
    expect(await process(world, 'forward').run()).toMatchObject({ outcome: 'done', recovered: 'completed' });
    movedForward(world);
  });

  test('by not getting "committing" into its log is taken back, and never finished later', async () => {
    const world = new World();
    await expect(process(world, 'forward', { fail: { 'log committing': new Error('ENOSPC') } }).run()).rejects.toMatchObject({ code: 'STR_CUTOVER_FAILED' });
    untouched(world);
    expect(world.log.map(({ event }) => event)).toEqual(expect.arrayContaining(['refused', 'closed']));
  });

  test('with a refusal after a silence is not taken for certain', async () => {
    const world = new World();
    await expect(process(world, 'forward', { flips: ['silent', 'refused', 'refused', 'refused'] }).run()).rejects.toMatchObject({ code: 'STR_CUTOVER_UNDECIDED' });
    expect(world.fenced.has('monolith')).toBe(true);
    await expect(process(world, 'forward', { flips: ['refused', 'refused', 'refused', 'refused'] }).run()).rejects.toMatchObject({ code: 'STR_CUTOVER_UNDECIDED' });
    expect(world.fenced.has('monolith')).toBe(true);
    await process(world, 'forward').run();
    world.held.clear();
    movedForward(world);
  });

  test('to be undone is reported, and undone by the next call', async () => {
    const world = new World();
    await expect(process(world, 'forward', { fail: { sequences: new Error('gone'), 'lift old': new Error('gone too') } }).run()).rejects.toMatchObject({ code: 'STR_CUTOVER_STUCK', exitCode: 3 });
    expect(world.fenced.has('monolith')).toBe(true);
    expect(await process(world, 'forward').run()).toMatchObject({ outcome: 'done', recovered: 'released' });
    movedForward(world);
  });
});

describe('a process that dies', () => {
  test('at any call, before or after its effect, leaves what the next call undoes or finishes', async () => {
    const total = await (async () => { const whole = process(new World(), 'forward'); await whole.run(); return whole.calls(); })();
    expect(total).toBeGreaterThan(25);
    for (const after of [false, true]) {
      for (let dieAt = 1; dieAt <= total; dieAt += 1) {
        const world = new World();
        await process(world, 'forward', { dieAt, after }).run().catch(() => undefined);
        world.held.clear(); // the proxy lets go of a dead cut-over's hold
        expect({ dieAt, after, splitBrain: world.splitBrain }).toEqual({ dieAt, after, splitBrain: false });
        const alreadyDone = world.log.at(-1)?.event === 'closed';
        if (!alreadyDone) await process(world, 'forward').run();
        movedForward(world);
      }
    }
  });

  test('twice, at any two calls, does no harm either', async () => {
    for (let first = 6; first <= 30; first += 2) {
      for (let second = 1; second <= 30; second += 3) {
        const world = new World();
        await process(world, 'forward', { dieAt: first }).run().catch(() => undefined);
        world.held.clear();
        await process(world, 'forward', { dieAt: second, after: true }).run().catch(() => undefined);
        world.held.clear();
        if (world.log.at(-1)?.event !== 'closed' || world.route === 'monolith') await process(world, 'forward').run();
        movedForward(world);
      }
    }
  });

  test('on the way back keeps the law that no row has two owners', async () => {
    for (let dieAt = 1; dieAt <= 30; dieAt += 1) {
      const world = new World();
      await process(world, 'forward').run();
      await process(world, 'back', { dieAt, after: true }).run().catch(() => undefined);
      world.held.clear();
      if (world.log.at(-1)?.event !== 'closed' || world.route === 'catalog') await process(world, 'back').run();
      expect({ dieAt, route: world.route, fenced: [...world.fenced] }).toEqual({ dieAt, route: 'monolith', fenced: ['catalog'] });
    }
  });

  test('while it takes back a flip that was refused never finishes it instead', async () => {
    const refused = new StranglerError({ code: 'STR_HOLD_EXPIRED', message: 'expired', remedy: '' });
    for (let dieAt = 20; dieAt <= 34; dieAt += 1) {
      const world = new World();
      await process(world, 'forward', { dieAt, after: true, fail: { flip: refused } }).run().catch(() => undefined);
      world.held.clear();
      const openAgain = !world.fenced.has('monolith'); // the monolith took writes meanwhile: only a new drain may be followed by a flip
      if (world.log.at(-1)?.event === 'closed') continue;
      const before = world.calls.length;
      await process(world, 'forward').run();
      if (openAgain) expect(world.calls.slice(before)).toContain('drain');
      movedForward(world);
    }
  });

  test('only in appearance, and wakes up after another one has done its work, undoes none of it', async () => {
    for (const sleepsAt of ['drain', 'sequences', 'lift new', 'flip']) {
      const world = new World();
      let woken = false;
      const sleeper = process(world, 'forward', { before: { [sleepsAt]: async () => {
        if (woken || world.log.length === 0) return;
        [woken, world.held] = [true, new Set()];
        await process(world, 'forward').run();
        if (sleepsAt !== 'flip') throw new Error('Connection terminated');
      } } });
      await expect(sleeper.run()).rejects.toMatchObject({ code: 'STR_CUTOVER_SUPERSEDED' });
      movedForward(world);
      expect(await process(world, 'back').run()).toMatchObject({ outcome: 'done' });
    }
  });

  test('must be settled in its own direction first', async () => {
    const world = new World();
    await process(world, 'forward', { dieAt: 18 }).run().catch(() => undefined);
    await expect(process(world, 'back').run()).rejects.toMatchObject({ code: 'STR_CUTOVER_UNFINISHED' });
  });
});
