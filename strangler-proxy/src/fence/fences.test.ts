import { describe, expect, test } from '@jest/globals';
import { StranglerError } from '@strangler/kernel';
import { Fences } from './fences.ts';
import { InFlight } from './in-flight.ts';
import { writeSet } from './write-set.ts';

const writers = [
  { id: 'orders.create', write: true, writes: ['orders', 'stock'] },
  { id: 'stock.set', write: true, writes: ['stock'] },
  { id: 'reviews.create', write: true, writes: ['reviews'] },
  { id: 'orders.list', write: false, writes: [] },
];
const ask = { deadlineMs: 1_000, by: 'ann', why: 'cut-over' };
const never = new AbortController().signal;
const fencesOver = (inFlight = new InFlight(), maxHeld = 10): Fences => new Fences(writers, inFlight, { maxHeld });
const codeOf = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', (error: unknown) => error instanceof StranglerError ? error.code : String(error));

describe('a write set', () => {
  test('is every route that writes one of the tables, and what shares a table with these', () => {
    expect(writeSet(writers, ['orders'])).toEqual(['orders.create', 'stock.set']);
    expect(writeSet(writers, ['reviews'])).toEqual(['reviews.create']);
    expect(writeSet(writers, ['unknown'])).toEqual([]);
  });
});

describe('a fence', () => {
  test('waits for the writes under way and holds the new ones until it is flipped', async () => {
    const inFlight = new InFlight();
    const fences = fencesOver(inFlight);
    const leave = inFlight.enter('stock.set');
    const raising = fences.raise({ ...ask, tables: ['orders'] });
    const order: string[] = [];
    const held = fences.hold('orders.create', never)?.then(() => { order.push('let go'); });
    expect(fences.hold('reviews.create', never)).toBeUndefined();
    leave();
    const { fenceId } = await raising;
    const released = await fences.flip(fenceId, async () => { await Promise.resolve(); order.push('flipped'); });
    await held;
    expect(order).toEqual(['flipped', 'let go']);
    expect(released).toMatchObject({ routes: ['orders.create', 'stock.set'], heldRequests: 1 });
  });

  test('lets everything go to where it was when its deadline passes, and refuses a later flip', async () => {
    const fences = fencesOver();
    const { fenceId } = await fences.raise({ ...ask, tables: ['orders'], deadlineMs: 20 });
    await fences.hold('orders.create', never);
    let flipped = false;
    expect(await codeOf(fences.flip(fenceId, async () => { flipped = true; return Promise.resolve(); }))).toBe('STR_FENCE_EXPIRED');
    expect(flipped).toBe(false);
  });

  test('expires when the writes under way do not end in time', async () => {
    const inFlight = new InFlight();
    inFlight.enter('orders.create');
    const fences = fencesOver(inFlight);
    expect(await codeOf(fences.raise({ ...ask, tables: ['orders'], deadlineMs: 20 }))).toBe('STR_FENCE_EXPIRED');
    expect(fences.list()).toEqual([]);
  });

  test('lets everything go to where it was when the change cannot be made durable', async () => {
    const fences = fencesOver();
    const { fenceId } = await fences.raise({ ...ask, tables: ['orders'] });
    const held = fences.hold('stock.set', never);
    expect(await codeOf(fences.flip(fenceId, async () => Promise.reject(new StranglerError({ code: 'STR_STATE_NOT_WRITTEN', message: '', remedy: '' }))))).toBe('STR_STATE_NOT_WRITTEN');
    expect(await held).toBe(true);
    expect(fences.list()).toEqual([]);
  });

  test('lets no deadline pass between the flip and its outcome', async () => {
    const fences = fencesOver();
    const { fenceId } = await fences.raise({ ...ask, tables: ['orders'], deadlineMs: 10 });
    const released = await fences.flip(fenceId, async () => new Promise((resolve) => { setTimeout(resolve, 40); }));
    expect(released.fenceId).toBe(fenceId);
  });

  test('turns requests away when too many wait, and forgets those whose client left', async () => {
    const fences = fencesOver(new InFlight(), 1);
    const { fenceId } = await fences.raise({ ...ask, tables: ['orders'] });
    const gone = new AbortController();
    const first = fences.hold('orders.create', gone.signal);
    expect(await fences.hold('orders.create', never)).toBe(false);
    gone.abort();
    await first;
    expect(fences.list()[0]?.heldRequests).toBe(0);
    fences.release(fenceId);
  });

  test('does not overlap another, and names no unknown table', async () => {
    const fences = fencesOver();
    await fences.raise({ ...ask, tables: ['orders'] });
    expect(await codeOf(fences.raise({ ...ask, tables: ['stock'] }))).toBe('STR_FENCE_OVERLAPS');
    expect(await codeOf(fences.raise({ ...ask, tables: ['unknown'] }))).toBe('STR_NO_WRITE_SET');
    fences.stop();
  });

  test('can be released unchanged, once', async () => {
    const fences = fencesOver();
    const { fenceId } = await fences.raise({ ...ask, tables: ['orders'] });
    expect(fences.release(fenceId).heldRequests).toBe(0);
    expect(() => fences.release(fenceId)).toThrow('was released');
  });
});
