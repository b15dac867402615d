import { byEvidence, compareText, type Evidence } from '../../model/evidence.ts';
import type { ForeignKey, TableFact, TriggerFact, ViewFact } from '../../model/graph.ts';
import { basesOf, touchedBy, type TriggerDraft, type ViewDraft } from './indirect.ts';

interface Draft { readonly name: string; readonly columns: Set<string>; readonly triggers: Set<string>; readonly evidence: Evidence; readonly rows?: number }

/** Mappers write `hallId` for `hall_id`. */
const plainColumns = (columns: readonly string[]): string => columns.join().replaceAll('_', '').toLowerCase();

/** The schema as migrations build it up, step by step: tables come, change, are renamed and go. */
export class SchemaDraft {
  private readonly tables = new Map<string, Draft>();
  private readonly viewDrafts = new Map<string, ViewDraft>();
  private readonly triggerDrafts = new Map<string, TriggerDraft>();
  private readonly functions = new Map<string, string>();
  private keys: ForeignKey[] = [];

  create(name: string, evidence: Evidence): void {
    if (!this.tables.has(name)) this.tables.set(name, { name, columns: new Set(), triggers: new Set(), evidence });
  }

  column(table: string, column: string): void {
    this.tables.get(table)?.columns.add(column);
  }

  dropColumn(table: string, column: string): void {
    this.tables.get(table)?.columns.delete(column);
    this.keys = this.keys.filter(({ from }) => from.table !== table || !from.columns.includes(column));
  }

  renameColumn(table: string, from: string, to: string): void {
    if (this.tables.get(table)?.columns.delete(from) === true) this.tables.get(table)?.columns.add(to);
  }

  /** `body`: what it runs, or the name of the function that it calls. */
  trigger(table: string, name: string, { evidence, ...runs }: { readonly evidence: Evidence; readonly body?: string; readonly calls?: string }): void {
    this.tables.get(table)?.triggers.add(name);
    const key = `${table}\0${name}`;
    this.triggerDrafts.set(key, { table, name, evidence: this.triggerDrafts.get(key)?.evidence ?? evidence, ...runs });
  }

  dropTrigger(table: string, name: string): void {
    this.tables.get(table)?.triggers.delete(name);
    this.triggerDrafts.delete(`${table}\0${name}`);
  }

  /** A function that a trigger may call; the last definition counts. */
  routine(name: string, body: string): void {
    this.functions.set(name, body);
  }

  view(name: string, reads: readonly string[], evidence: Evidence): void {
    this.viewDrafts.set(name, { name, reads, evidence: this.viewDrafts.get(name)?.evidence ?? evidence });
  }

  /** Views and triggers of another draft, between tables that are there. */
  takeIndirect(other: SchemaDraft): void {
    for (const [name, body] of other.functions) this.functions.set(name, body);
    for (const view of other.viewDrafts.values()) {
      this.create(view.name, view.evidence);
      this.view(view.name, view.reads, view.evidence);
    }
    for (const { table, name, ...rest } of other.triggerDrafts.values()) if (this.tables.has(table)) this.trigger(table, name, rest);
  }

  /** About how many rows a live database counts. */
  rows(table: string, rows: number): void {
    const known = this.tables.get(table);
    if (known !== undefined) this.tables.set(table, { ...known, rows });
  }

  foreignKey(key: ForeignKey): void {
    this.keys = this.keys.filter(({ from }) => !(from.table === key.from.table && from.columns.join() === key.from.columns.join()));
    this.keys.push(key);
  }

  hasKey(table: string, columns: readonly string[]): boolean {
    return this.keys.some(({ from }) => from.table === table && from.columns.join() === columns.join());
  }

  /** A key that code declares beside the database: kept where nothing declares one for the column, between tables that are there. */
  suggestKey(key: ForeignKey): void {
    const isKnown = this.keys.some(({ from }) => from.table === key.from.table && plainColumns(from.columns) === plainColumns(key.from.columns));
    if (!isKnown && this.tables.has(key.from.table) && this.tables.has(key.to.table)) this.keys.push(key);
  }

  drop(name: string): void {
    this.tables.delete(name);
    this.viewDrafts.delete(name);
    for (const [key, { table }] of this.triggerDrafts) if (table === name) this.triggerDrafts.delete(key);
    this.keys = this.keys.filter(({ from, to }) => from.table !== name && to.table !== name);
  }

  rename(from: string, to: string): void {
    const known = this.tables.get(from);
    if (known === undefined) return;
    this.tables.delete(from);
    this.tables.set(to, { ...known, name: to });
    for (const [key, draft] of this.triggerDrafts) {
      if (draft.table !== from) continue;
      this.triggerDrafts.delete(key);
      this.triggerDrafts.set(`${to}\0${draft.name}`, { ...draft, table: to });
    }
    const moved = (side: ForeignKey['from']): ForeignKey['from'] => (side.table === from ? { ...side, table: to } : side);
    this.keys = this.keys.map((key) => ({ ...key, from: moved(key.from), to: moved(key.to) }));
  }

  has(name: string): boolean {
    return this.tables.has(name);
  }

  facts(): TableFact[] {
    return [...this.tables.values()].map(({ name, columns, triggers, evidence, rows }) => ({
      name, columns: [...columns].sort(compareText), triggers: [...triggers].sort(compareText), evidence, declared: true, ...(rows === undefined ? {} : { rows }),
    })).sort((a, b) => compareText(a.name, b.name));
  }

  views(): ViewFact[] {
    return [...this.viewDrafts.values()].map(({ name, evidence }) => ({ name, reads: basesOf(name, this.viewDrafts), evidence })).sort((a, b) => compareText(a.name, b.name));
  }

  triggers(): TriggerFact[] {
    return [...this.triggerDrafts.values()].map((draft) => ({
      name: draft.name, table: draft.table, ...touchedBy(draft, this.functions, (table) => this.tables.has(table)), evidence: draft.evidence,
    })).sort((a, b) => compareText(a.table, b.table) || compareText(a.name, b.name));
  }

  foreignKeys(): ForeignKey[] {
    return [...this.keys].sort((a, b) => compareText(a.from.table, b.from.table) || compareText(a.from.columns.join(), b.from.columns.join()) || byEvidence(a.evidence, b.evidence));
  }
}
