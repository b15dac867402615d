import { byEvidence } from '../../model/evidence.ts';
import type { TransactionScope } from '../../model/graph.ts';
import type { CallSite } from '../calls.ts';
import { findBinding } from '../link/scopes.ts';
import type { Types } from '../link/types.ts';
import { eachExpr } from '../link/visit.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { carriersAt, handedOn, parameterNames, type Held } from './carriers.ts';
import { chainOf, rootName, type Chain } from './chain.ts';
import { decoratedTransaction, openedBy, opensForFunction, type Opened } from './transactions.ts';

type Sites = ReadonlyMap<FunctionFact, readonly CallSite[]>;
interface At { readonly file: FileFacts; readonly scope: number }

/** Calls in a row through which a transaction is followed. */
const ROUNDS = 8;

/**
 * Which functions run inside which transaction: closures handed to whatever opens one (the driver's `transaction`, and functions of the project that
 * run what they are given inside one), functions that begin one, and whomever they hand it to, by name or by an instance made for it.
 * A function called from several transactions is counted to the first.
 */
export class Transactions {
  private readonly types: Types;
  private readonly sites: Sites;
  private readonly scopes = new Map<string, TransactionScope>();
  private readonly held = new Map<FunctionFact, Held>();
  private readonly queries = new Map<Expr, string>();
  /** Functions that run what they are handed inside a transaction, with the positions of it. */
  private readonly wrappers = new Map<FunctionFact, Set<number>>();

  constructor(types: Types, sites: Sites) {
    this.types = types;
    this.sites = sites;
  }

  read(files: readonly FileFacts[]): this {
    for (const file of files) for (const [scope, fact] of file.functions.entries()) this.readFunction({ file, scope }, fact);
    for (const file of files) for (const scope of file.functions.keys()) this.noteWrappers({ file, scope });
    this.followWrappers();
    this.follow();
    return this;
  }

  all(): TransactionScope[] {
    return [...this.scopes.values()].sort((a, b) => byEvidence(a.evidence, b.evidence));
  }

  /** The transaction in which a query runs: by the place where it stands, or because it is in a transaction's list. */
  of(file: FileFacts, scope: number, query: Expr): string | undefined {
    return this.queries.get(query) ?? this.holder({ file, scope })?.held.id;
  }

  private readFunction(at: At, fact: FunctionFact): void {
    if (decoratedTransaction(fact)) this.held.set(fact, { id: this.open(at, fact.line), names: new Set(), self: false, ambient: true });
    for (const chain of chainsOf(fact)) {
      const opened = openedBy(chain);
      if (opened !== undefined) this.openAround(at, opened);
      const line = opened === undefined ? opensForFunction(chain) : undefined;
      if (line !== undefined) this.held.set(fact, { id: this.open(at, line), names: new Set(begunBy(fact, chain)), self: false, ambient: false });
    }
  }

  private openAround(at: At, opened: Opened): void {
    const runs = opened.run.flatMap((one) => this.functionsOf(at, one));
    if (runs.length === 0 && opened.listed.length === 0) return;
    const id = this.open(at, opened.line);
    for (const one of opened.listed) this.queries.set(queryOf(one, at), id);
    for (const fact of runs) this.enter(fact, id, at, opened.opener);
  }

  /** With no parameter the transaction is the surroundings', unless it was begun by something at hand (`session.withTransaction(() => …)`). */
  private enter(fact: FunctionFact, id: string, { file, scope }: At, opener: string): void {
    const names = parameterNames(fact);
    const binding = names.length > 0 || opener === '' ? undefined : findBinding(file, scope, opener);
    const local = binding !== undefined && binding.scope !== 0;
    if (!this.held.has(fact)) this.held.set(fact, { id, names: new Set(local ? [opener] : names), self: false, ambient: names.length === 0 && !local });
  }

  private functionsOf({ file, scope }: At, expr: Expr): FunctionFact[] {
    if (expr.kind === 'function') return [file.functions[expr.index] ?? []].flat();
    if (expr.kind === 'call') return [];
    const type = this.types.of(file, scope, expr);
    return type?.kind === 'function' ? [type.file.functions[type.index] ?? []].flat() : [];
  }

  private open({ file, scope }: At, line: number): string {
    const id = `${file.path}:${String(line)}`;
    this.scopes.set(id, { id, at: { module: file.path, name: file.functions[scope]?.name ?? '(top)' }, evidence: { file: file.path, line } });
    return id;
  }

  private holder({ file, scope }: At): { readonly held: Held; readonly index: number } | undefined {
    for (let index = scope; index >= 0; index = file.functions[index]?.parent ?? -1) {
      const fact = file.functions[index];
      const held = fact === undefined ? undefined : this.held.get(fact);
      if (held !== undefined) return { held, index };
    }
    return undefined;
  }

  private noteWrappers(at: At): void {
    for (const chain of chainsOf(at.file.functions[at.scope])) {
      for (const one of openedBy(chain)?.run ?? []) this.noteWrapper(at, one);
      if (isPlainCall(chain) && this.isOpenedWithin(at, rootName(chain))) this.noteWrapper(at, chain.root);
    }
  }

  /** The transaction must be opened in the function whose parameter is called, or within it. */
  private isOpenedWithin(at: At, name: string): boolean {
    const holder = this.holder(at);
    const binding = holder === undefined ? undefined : findBinding(at.file, at.scope, name);
    return holder !== undefined && binding !== undefined && isWithin(at.file, holder.index, binding.scope);
  }

  /** A parameter that runs inside a transaction makes its function a wrapper. */
  private noteWrapper({ file, scope }: At, expr: Expr): boolean {
    const binding = expr.kind === 'name' ? findBinding(file, scope, expr.name) : undefined;
    const fact = binding === undefined ? undefined : file.functions[binding.scope];
    if (binding?.from !== 'parameter' || binding.path.length > 0 || binding.position === undefined || fact === undefined) return false;
    const known = this.wrappers.get(fact) ?? new Set<number>();
    this.wrappers.set(fact, known);
    return !known.has(binding.position) && known.add(binding.position).size > 0;
  }

  private followWrappers(): void {
    for (let round = 0, grown = true; grown && round < ROUNDS; round += 1) {
      grown = false;
      for (const [wrapper, positions] of [...this.wrappers]) {
        for (const site of this.sites.get(wrapper) ?? []) {
          for (const position of positions) grown = this.enterSite(site, position) || grown;
        }
      }
    }
  }

  private enterSite(site: CallSite, position: number): boolean {
    const arg = site.call.args[position];
    if (arg === undefined) return false;
    const runs = this.functionsOf(site, arg).filter((fact) => !this.held.has(fact));
    if (runs.length > 0) {
      const id = this.open(site, site.call.line);
      for (const fact of runs) this.enter(fact, id, site, '');
    }
    return this.noteWrapper(site, arg);
  }

  private follow(): void {
    for (let round = 0, grown = true; grown && round < ROUNDS; round += 1) {
      grown = false;
      for (const [called, sites] of this.sites) for (const site of sites) grown = this.followSite(called, site) || grown;
    }
  }

  private followSite(called: FunctionFact, site: CallSite): boolean {
    const holder = this.holder(site);
    if (holder === undefined) return false;
    const next = handedOn(site.call, called, holder.held, carriersAt(site.file, site.scope, holder.index, holder.held));
    const known = this.held.get(called);
    if (next === undefined || (known !== undefined && (known.id !== next.id || includes(known, next)))) return false;
    this.held.set(called, known === undefined ? next : { id: known.id, names: new Set([...known.names, ...next.names]), self: known.self || next.self, ambient: known.ambient || next.ambient });
    return true;
  }
}

const includes = (known: Held, next: Held): boolean => (known.self || !next.self) && (known.ambient || !next.ambient) && [...next.names].every((name) => known.names.has(name));

const isWithin = (file: FileFacts, index: number, outer: number): boolean => {
  for (let at = index; at >= 0; at = file.functions[at]?.parent ?? -1) if (at === outer) return true;
  return false;
};

/** `run(…)`, `run.call(…)`. */
const isPlainCall = ({ root, links: [first] }: Chain): boolean => root.kind === 'name' && (first?.name === '' || first?.name === 'call');

/** The variable that holds a transaction begun by a chain: what it was put into, or what begun it (`queryRunner`, `client`). */
const begunBy = (fact: FunctionFact, chain: Chain): string[] => {
  const last = chain.links.at(-1)?.call;
  const names = fact.steps.flatMap((step): string[] => {
    if (step.kind === 'let' && step.pattern.kind === 'name' && awaited(step.value) === last) return [step.pattern.name];
    return step.kind === 'do' && step.value.kind === 'assign' && step.value.target.kind === 'name' && awaited(step.value.value) === last ? [step.value.target.name] : [];
  });
  return names.length > 0 ? names : [rootName(chain)].filter((name) => name !== '' && name !== 'this');
};

const awaited = (value: Expr | undefined): Expr | undefined => (value?.kind === 'await' ? value.of : value);

/** The query in a transaction's list: written there, or put into a variable before. */
const queryOf = (item: Expr, { file, scope }: At): Expr => {
  const binding = item.kind === 'name' ? findBinding(file, scope, item.name) : undefined;
  return binding?.value ?? item;
};

/** The chains of a function, each once, outermost. */
const chainsOf = (fact: FunctionFact | undefined): Chain[] => {
  const seen = new Set<Expr>();
  const chains: Chain[] = [];
  eachExpr(fact?.steps ?? [], (expr) => {
    if (expr.kind !== 'call' || seen.has(expr)) return;
    const chain = chainOf(expr);
    for (const { call } of chain.links) if (call !== undefined) seen.add(call);
    chains.push(chain);
  });
  return chains;
};
