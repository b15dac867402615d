import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { CallSite } from '../calls.ts';
import { handedIn } from '../link/handed.ts';
import { findBinding, thisClass } from '../link/scopes.ts';
import { eachFunction } from '../link/visit.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import type { Place } from './found.ts';
import type { Model } from './models.ts';

/** The model whose rows a query gives, told by its reader. */
export type GivenBy = (query: Expr, place: Place) => Model | undefined;

/** What a callback is handed of the rows before it: `.then((film) => …)`, `films.map((film) => …)`. */
const HANDS_ROWS = /^(?:then|spread|tap|forEach|map|flatMap|filter|some|every|each|mapSeries|find)$/;
const DEEPEST = 7;
const MOST_SITES = 6;
const MOST_ASSIGNED = 40;

/** Finds out of which table a row came, however far it was handed on: variables, lists, callbacks, results and parameters of functions, properties. */
export class Rows {
  private readonly given: GivenBy;
  private readonly sites: ReadonlyMap<FunctionFact, readonly CallSite[]>;
  private properties: ReadonlyMap<string, readonly Assigned[]> | undefined;
  private readonly known = new WeakMap<Expr, Model | null>();

  constructor(given: GivenBy, sites: ReadonlyMap<FunctionFact, readonly CallSite[]>) {
    this.given = given;
    this.sites = sites;
  }

  /** The model an expression is a row of (or a list of rows); undefined when that cannot be told. */
  of(expr: Expr, place: Place, depth = 0): Model | undefined {
    const before = this.known.get(expr);
    if (before !== undefined || depth > DEEPEST) return before ?? undefined;
    this.known.set(expr, null);
    const found = this.find(expr, place, depth + 1);
    this.known.set(expr, found ?? null);
    return found;
  }

  private find(expr: Expr, place: Place, depth: number): Model | undefined {
    switch (expr.kind) {
      case 'name': return this.ofName(expr.name, place, depth);
      case 'this': case 'super': return ofOwnClass(place);
      case 'member': return this.ofProperty(expr.name, place, depth);
      case 'call': return this.given(expr, place) ?? this.ofAssociation(expr, place, depth) ?? this.ofResult(expr, place, depth);
      default: return this.findWithin(expr, place, depth);
    }
  }

  private findWithin(expr: Expr, place: Place, depth: number): Model | undefined {
    if (expr.kind === 'either') return expr.of.map((one) => this.of(one, place, depth)).find((one) => one !== undefined);
    return expr.kind === 'await' || expr.kind === 'cast' || expr.kind === 'index' || expr.kind === 'spread' ? this.of(expr.of, place, depth) : undefined;
  }

  private ofName(name: string, place: Place, depth: number): Model | undefined {
    const binding = findBinding(place.file, place.scope, name);
    if (binding === undefined) return undefined;
    if (binding.value !== undefined) return binding.path.every((key) => key === '[]' || key === 'rows') ? this.of(binding.value, moved(place, place.file, binding.scope), depth) : undefined;
    return binding.from === 'parameter' && binding.position !== undefined && binding.path.every((key) => key === '[]') ? this.ofParameter(place.file, binding.scope, binding.position, place, depth) : undefined;
  }

  private ofParameter(file: FileFacts, scope: number, position: number, place: Place, depth: number): Model | undefined {
    const handed = handedIn(file).get(scope);
    const callee = handed?.call.callee;
    if (handed !== undefined && position === 0 && callee?.kind === 'member' && HANDS_ROWS.test(callee.name)) return this.of(callee.of, moved(place, file, handed.scope), depth);
    const fact = file.functions[scope];
    const sites = fact === undefined ? [] : this.sites.get(fact) ?? [];
    return agreed(sites.slice(0, MOST_SITES).map((site) => {
      const arg = site.call.args[position];
      return arg === undefined ? undefined : this.of(arg, moved(place, site.file, site.scope), depth);
    }));
  }

  /** `getFilm(id)`: what the function returns, or hands to `resolve` or a callback, is not followed further than its returns. */
  private ofResult(call: Extract<Expr, { kind: 'call' }>, place: Place, depth: number): Model | undefined {
    const { callee } = call;
    if (callee.kind === 'member' && (callee.name === 'find' || callee.name === 'filter' || callee.name === 'catch' || callee.name === 'at')) return this.of(callee.of, place, depth);
    const type = place.types.of(place.file, place.scope, callee);
    if (type?.kind !== 'function') return undefined;
    const inside = moved(place, type.file, type.index);
    return agreed((type.file.functions[type.index]?.steps ?? []).map((step) => (step.kind === 'return' ? this.of(step.value, inside, depth) : undefined)));
  }

  /** `hall.getFilms()`. */
  private ofAssociation({ callee }: Extract<Expr, { kind: 'call' }>, place: Place, depth: number): Model | undefined {
    const [, alias] = callee.kind === 'member' ? /^(?:get|create)([A-Z]\w*)$/.exec(callee.name) ?? [] : [];
    const owner = callee.kind !== 'member' || alias === undefined || !place.models.isAssociation(alias) ? undefined : this.of(callee.of, place, depth);
    return owner === undefined || alias === undefined ? undefined : place.models.associated(owner, alias);
  }

  /** `req.film`, when what is put there is a row of the model it is called like; under another name everything put there must be known. */
  private ofProperty(name: string, place: Place, depth: number): Model | undefined {
    this.properties ??= assignedProperties(place);
    const put = this.properties.get(name) ?? [];
    if (put.length === 0 || put.length > MOST_ASSIGNED) return undefined;
    const models = put.map(({ file, scope, value }) => this.of(value, moved(place, file, scope), depth));
    const alias = place.models.alias(name);
    const found = agreed(models);
    return found !== undefined && (found.table === alias?.table || models.every((one) => one !== undefined)) ? found : undefined;
  }
}

const ofOwnClass = ({ file, scope, models, types }: Place): Model | undefined => {
  const index = thisClass(file, scope);
  return index < 0 ? undefined : models.ofClass({ kind: 'class', file, index, self: false }, types);
};

/** The one model that all who know of one name. */
const agreed = (found: readonly (Model | undefined)[]): Model | undefined => {
  const known = found.filter((one) => one !== undefined);
  return new Set(known.map(({ table }) => table)).size === 1 ? known[0] : undefined;
};

const moved = (place: Place, file: FileFacts, scope: number): Place =>
  (file === place.file && scope === place.scope ? place : { ...place, file, scope, frame: imaginedFrame(place.run, file, scope) });

interface Assigned { readonly file: FileFacts; readonly scope: number; readonly value: Expr }

/** Everything that is put into a property anywhere, by the property's name. */
const assignedProperties = ({ program }: Place): ReadonlyMap<string, readonly Assigned[]> => {
  const found = new Map<string, Assigned[]>();
  for (const file of program.files.values()) {
    eachFunction(file, (scope, expr) => {
      if (expr.kind !== 'assign' || expr.target.kind !== 'member') return;
      const known = found.get(expr.target.name);
      if (known === undefined) found.set(expr.target.name, [{ file, scope, value: expr.value }]);
      else known.push({ file, scope, value: expr.value });
    });
  }
  return found;
};
