import { describe, expect, test } from '@jest/globals';
import type { SystemModel } from '../model/graph.ts';
import { readText } from '../../test/read-text.ts';

const across = ({ calls }: SystemModel): string[] => calls.filter(({ from, to, kind }) => from.module !== to.module && kind !== 'pass').map(({ from, to }) => `${from.name} > ${to.name}`);

const SEATS = "export class Seats { take() {} free() {} } export abstract class Printer { run() { this.print(); } abstract print(): void; }";

describe('calls whose function the types lead to', () => {
  test('through a generic alias, and a closure that is handed what the alias says', async () => {
    expect(across(await readText({
      'seats.ts': SEATS,
      'tx.ts': 'export type WithTransactional<S> = S & { transactional: <R>(work: (service: S) => Promise<R>) => Promise<R> };',
      'tickets.ts': "import type { Seats } from './seats'; import type { WithTransactional } from './tx'; export class Tickets { constructor(private readonly seats: WithTransactional<Seats>) {} async sell() { this.seats.free(); await this.seats.transactional((seats) => seats.take()); } }",
    }))).toEqual(['Tickets.sell > Seats.free', 'Tickets.sell > Seats.take']);
  });

  test('through a callback that an interface or a function declares, and a field that holds a function', async () => {
    expect(across(await readText({
      'seats.ts': SEATS,
      'store.ts': "import type { Seats } from './seats'; export interface Store { inside(work: (seats: Seats) => void): void } export type Work = (seats: Seats) => void; export function outside(work: Work) {}",
      'tickets.ts': "import type { Store } from './store'; import { outside } from './store'; import type { Seats } from './seats'; export class Tickets { constructor(private readonly store: Store, private readonly seatsOf: () => Promise<Seats>) {} async sell() { this.store.inside((one) => { one.take(); }); outside((one) => { one.free(); }); const seats = await this.seatsOf(); seats.take(); } }",
    }))).toEqual(['Tickets.sell > Seats.free', 'Tickets.sell > Seats.take', 'Tickets.sell > outside']);
  });

  test('through lists, dictionaries and maps, and what goes over them', async () => {
    expect(across(await readText({
      'seats.ts': SEATS,
      'halls.ts': "import { Seats } from './seats'; const halls: Record<string, Seats> = {}; const rows = new Map<number, Seats>(); const all: Seats[] = [];\nexport function one(name: string) { halls[name].take(); } export function two() { rows.get(1)?.free(); } export function three() { all.filter((hall) => hall !== undefined).forEach((hall) => hall.free()); } export function four() { for (const hall of Object.values(halls)) hall.take(); }",
    }))).toEqual(['four > Seats.take', 'one > Seats.take', 'three > Seats.free', 'two > Seats.free']);
  });

  test('an abstract method leads to those who fill it in', async () => {
    expect(across(await readText({
      'printer.ts': SEATS, 'tickets.ts': "import { Printer } from './printer'; export class TicketPrinter extends Printer { print() {} }",
      'desk.ts': "import type { Printer } from './printer'; export function close(printer: Printer) { printer.print(); }",
    }))).toEqual(['close > TicketPrinter.print', 'Printer.run > TicketPrinter.print']);
  });

  test('a function or an object says more than the type it must fit, and defaults of parameters call too', async () => {
    expect(across(await readText({
      'omit.ts': 'export type Omit = (row: object) => object; export const omit: Omit = (row) => row; export interface Rules { strict(): void } export const rules: Rules = { strict() {} };',
      'films.ts': "import { omit, rules } from './omit'; export function list({ row = omit({}) }: { row?: object }) { rules.strict(); return row; }",
    }))).toEqual(['list > omit', 'list > rules.strict']);
  });
});
