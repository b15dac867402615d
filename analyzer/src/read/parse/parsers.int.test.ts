import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nestingBound } from './nesting.ts';
import { parseWithOxc } from './oxc.ts';
import { parseTypeScript } from './typescript.ts';

/** Source whose facts every parser must agree on: each way to write something that lowering treats on its own. */
const SOURCES: Readonly<Record<string, string>> = {
  'modules.ts': `import films, { type Film, seats as places } from './films'; import * as halls from "./halls"; import type { Row } from './rows'; import './side'; import {} from './nothing';
    import old = require('./old'); export import older = require('./older'); import Alias = halls.Hall; export * from './all'; export * as named from './named'; export type { Ticket } from './ticket';
    export { places, type Row, films as default }; export const { a, b: [c, ...d], ...e } = films; export = films; export as namespace Cinema;`,
  'defaults.ts': 'export default async function () { return 1; }', 'class-default.ts': '@Service()\nexport default class extends Base<Film> {}', 'value-default.ts': 'export default wrap(() => book());', 'interface-default.ts': 'export default interface Film { title: string }',
  'loads.js': `const { join, resolve: at = 1, ...rest } = require('path'); const name = require('./x').name; const all = (await import('./y'))?.z; const lazy = () => import(\`./z\`);
    require(dynamic); import(dynamic); function late() { return require('./late'); } exports.find = handler(async (req, res) => res.send()); module.exports = { find, async list() {}, get first() { return 1; } }; Film.prototype.play = function () {};`,
  'classes.ts': `@Controller('films')
    export abstract class Films<T> extends Base<T> implements A, B.C<T> {
      static #count = 0; private readonly seats: Map<string, Seat[]> = new Map(); accessor hall = 1; abstract run(): void; [key: string]: unknown; declare x: string; 'quoted-name' = 2; 3 = 4; ['computed'] = 5; [other] = 6;
      @Inject() service!: Service; arrow = async (film: Film) => this.#count; named = wrap(function inner() {});
      constructor(private readonly films: Repo, @Inject(TOKEN) readonly hall?: Hall, plain = make(), ...more: string[]) { super(); this.save = () => films; }
      @Get('/:id') @Bare async find(@Param('id') { id = first(), other: renamed }: Query, [x, , y = 1]: [number]): Promise<Film | undefined> { return super.find(id); }
      get length() { return 1; } set length(value) {} static { register(); } overloaded(a: string): void; overloaded(a: number): void; overloaded(a: unknown) {}
    } const made = class Named { go() {} };`,
  'types.ts': `interface Film extends Base, ns.Other<string> { title: string; 'in stock'?: boolean; play(): Promise<void>; get x(): string; [k: string]: unknown; new (): Film; fn: (a: string) => Hall; kind: 'a' | "b" | 1 | -1 | true | null | \`t\` | \`t\${string}\` }
    interface Film { more: this } type Alias = { readonly [K in keyof Film]: Film[K] } & typeof films & typeof import('./rows') & import('./rows').Row<string> & unique symbol; type Pick = Film['title'][]; type Cond = A extends infer U ? U : never;
    declare module 'shop' { export const sold: number; } namespace Shop { export function open() {} } namespace A.B { export const hidden = 1; } declare global { interface Window { film: Film } } declare function later(): void; enum Hall { Small, Large = 5, 'Quoted' = calc() } export const enum E { A }
    function assertFilm(x: unknown): asserts x is Film {} function self(this: Film, a: void, b: any[], c: readonly string[], d: [x: string, y?: number], e: object) {}`,
  'expressions.ts': `let big = 10n + 0x10 + 1_000; const re = /fi.lm/g; a ||= b ?? c; a &&= d; a += e; x = y = z; ({ a, b: c = 1, ...rest } = film); [a, , b = 2] = list; const t = tag\`x\${a}y\`; const s = 'q' + \`w\${e}\` + \`plain\`;
    list[list.length - 1].run(); list['name']; list[at]; film?.title?.play?.(); film!.x; <Film>film; film as const; film satisfies Film as Other; new Film<string>(a, ...b); new Film; (a, b(), c); a ? b() : c(); void go(); delete a.b; typeof a; i++; async function* gen() { yield 1; yield* other(); await x; } gen<string>; import.meta.url;
    bus.on('film.sold', (film) => {}); bus.once(FILM.SOLD, function () {}); router.get('/films/:id', auth, (req, res) => {}); router.route('/halls').post(check, async () => {}).get(() => {}); app.use(['/a', '/b'], function named() {}); const o = { a() {}, get b() { return 1; }, async *c() {}, 'd-e': () => {}, [f]: () => {}, ['g']: 1, 2: 3, shorthand, ...spread }; class Vault { #secret = new.target; has(film: Vault) { return #secret in film && this.#secret; } }`,
  'statements.ts': `'use strict'; for (const film of films) play(film); for (const key in halls) { key; } for (let i = start(), n = 2; i < n; i++) stop(i); for (;;) {} for ([a, b] of pairs) a(); while (open()) close(); do { again(); } while (more()); if (a()) b(); else if (c) d(); else e();
    switch (kind()) { case one(): run(); break; default: other(); } try { risky(); } catch ({ message, code: { inner } = make() }) { log(message); } finally { done(); } try { x(); } catch (error) { y(); } outer: for (const a of b) { if (a) continue outer; break outer; } throw new Error(text()); { block(); } ;
    function outerOne() { function innerOne() { return () => deep(); } return innerOne; } using handle = open(); debugger;`,
  'view.tsx': `export const View = ({ film }: Props) => <><Film.Card title="x" {...props} onPlay={() => play(film)} data-x={y()} svg:href="z">text {film.title} {/* none */}{...many()}<div/>{cond() && <b>{inner()}</b>}</Film.Card></>; const generic = <T,>(x: T) => x;`,
  'plain.js': 'var self = this; const El = () => <div className="a">{call()}</div>; with (film) { play(); }', 'empty.ts': '', 'lines.ts': 'a();\r\nb();\rc();\u2028d();\u2029e();',
  'global.d.ts': 'declare const film: Film; declare class Hall { open(): void; seats: number } export {};',
};

const fixtures = (): [string, string][] => ['bookshop', 'cinema', 'clinic'].flatMap((theme) => {
  const root = new URL(`../../../test/monoliths/${theme}/`, import.meta.url).pathname;
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[cm]?[jt]sx?$/.test(name)).map((name): [string, string] => [`${theme}/${name}`, readFileSync(join(root, name), 'utf8')]);
});

describe('two parsers, one set of facts', () => {
  test.each(Object.entries(SOURCES))('%s is the same to both', (path, text) => {
    const facts = parseWithOxc(path, text);
    expect(facts).toBeDefined();
    expect(facts).toEqual(parseTypeScript(path, text));
  });

  test('every file of the small monoliths is the same to both', () => {
    const files = fixtures();
    expect(files.length).toBeGreaterThan(20);
    for (const [path, text] of files) expect({ path, facts: parseWithOxc(path, text) ?? parseTypeScript(path, text) }).toEqual({ path, facts: parseTypeScript(path, text) });
  });

  test('what is broken is left to the parser that reads around it', () => {
    expect(parseWithOxc('broken.ts', 'book(); const = {{{')).toBeUndefined();
    expect(parseWithOxc('flow.js', 'type Film = {| title: ?string |};')).toBeUndefined();
  });
});

describe('code nested deeper than people write', () => {
  const nested: Readonly<Record<string, (levels: number) => string>> = {
    brackets: (n) => '['.repeat(n) + ']'.repeat(n), blocks: (n) => '{'.repeat(n) + '}'.repeat(n), sums: (n) => `a${'+a'.repeat(n)}`, chains: (n) => `a${'\n  .then(b)'.repeat(n)}`,
    choices: (n) => `${'a ? b : '.repeat(n)}c`, ladders: (n) => `${'if (a) {\n  b();\n} else '.repeat(n)}c`, negations: (n) => `${'!'.repeat(n)}a`, awaiting: (n) => `${'await '.repeat(n)}a`, types: (n) => `type Film = ${'Hall<'.repeat(n)}Seat${'>'.repeat(n)}`,
    templates: (n) => '`${'.repeat(n) + 'a' + '}`'.repeat(n), labels: (n) => `${Array.from({ length: n }, (_, i) => `l${String(i)}:`).join('')};`,
  };
  test.each(Object.entries(nested))('%s never reach the native parser', (_, make) => {
    // So many levels would overflow its stack, and no test would be left to fail.
    expect(parseWithOxc('deep.ts', make(50_000))).toBeUndefined();
  });

  test('the bound is at least the number of brackets that are open at once', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('(', ')', '{', '}', '[', ']', 'a', ' ', '\n', ';', '.', '=') }), (text) => {
      let [open, most] = [0, 0];
      for (const character of text) {
        open = '([{'.includes(character) ? open + 1 : ')]}'.includes(character) ? Math.max(0, open - 1) : open;
        most = Math.max(most, open);
      }
      expect(nestingBound(text)).toBeGreaterThanOrEqual(most);
    }));
  });
});
