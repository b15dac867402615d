import { describe, expect, test } from '@jest/globals';
import { bookshop, systemOf } from '../model/sample-system.ts';
import type { ImportEdge, SystemModel } from '../model/graph.ts';
import { findPrograms, severalPrograms } from './programs.ts';

/** A cinema of three services, each with a server and a worker that share its files, and a library for all. */
const services = ['tickets', 'seats', 'films'];
const imports = services.flatMap((service) => ['server.ts', 'worker.ts'].flatMap((root) => [1, 2, 3, 4, 5].map((i) => `${service}/${root} > ${service}/part${String(i)}.ts`))
  .concat([1, 2].map((i) => `${service}/part${String(i)}.ts > shared/money.ts`)));
const cinema = (more: readonly string[] = []): SystemModel => {
  const all = [...imports, ...more];
  return systemOf({ modules: Object.fromEntries([...new Set(all.flatMap((text) => text.split(' > ')))].map((name) => [name, []])), imports: all });
};

describe('programs in a source tree', () => {
  test('a server and its worker are one program, what several reach is their library', () => {
    const { all, covered, libraries, own } = findPrograms(cinema());
    expect(all.map((program) => program.own.length)).toEqual([7, 7, 7]);
    expect(all.every((program) => new Set(program.own.map((path) => path.split('/')[0])).size === 1)).toBe(true);
    expect(libraries).toEqual(['shared/money.ts']);
    expect([covered, own]).toEqual([1, 21 / 22]);
    expect(severalPrograms(findPrograms(cinema()))).toBe(true);
  });

  test('a root that starts all of them is the whole, and none of them', () => {
    const whole = findPrograms(cinema(services.map((service) => `all-in-one.ts > ${service}/server.ts`)));
    expect(whole.all.map((program) => program.own.length)).toEqual([6, 6, 6]); // each server is reached from no root of its own any more
    expect(severalPrograms(whole)).toBe(true);
  });

  test('a barrel that imports were seen through starts nothing', () => {
    const model = cinema(['shared/index.ts > shared/money.ts']);
    const passed = (edge: ImportEdge): ImportEdge => (edge.to === 'shared/money.ts' && edge.from !== 'shared/index.ts' ? { ...edge, through: ['shared/index.ts'] } : edge);
    expect(findPrograms({ ...model, imports: model.imports.map(passed) }).libraries).toEqual(['shared/index.ts', 'shared/money.ts']);
  });

  test('programs that leave all the data to one of them, or to a library, are no contexts', () => {
    const model = cinema();
    const touching = (of: (service: string) => string): SystemModel => ({ ...model, accesses: systemOf({ modules: {}, accesses: services.map((service) => `${of(service)}#load reads ${service}`) }).accesses });
    expect(severalPrograms(findPrograms(touching((service) => `${service}/part3.ts`)))).toBe(true);
    expect(severalPrograms(findPrograms(touching(() => 'films/part3.ts')))).toBe(false);
    expect(severalPrograms(findPrograms(touching(() => 'shared/money.ts')))).toBe(false);
    const oneTable = systemOf({ modules: {}, accesses: ['films/part3.ts#load reads films'] }).accesses;
    expect(severalPrograms(findPrograms({ ...model, accesses: oneTable }))).toBe(true);
  });

  test('a bookshop with one entry is one program', () => {
    expect(severalPrograms(findPrograms(bookshop()))).toBe(false);
  });
});
