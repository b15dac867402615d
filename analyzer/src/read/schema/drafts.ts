import { byEvidence, compareText, type Evidence } from '../../model/evidence.ts';
import type { ForeignKey, TableFact } from '../../model/graph.ts';

interface Draft { readonly name: string; readonly columns: Set<string>; readonly triggers: Set<string>; readonly evidence: Evidence }

/** Mappers write `hallId` for `hall_id`. */
const plainColumns = (columns: readonly string[]): string => columns.join().replaceAll('_', '').toLowerCase();

/** The schema as migrations build it up, step by step: tables come, change, are renamed and go. */
export class SchemaDraft {
  private readonly tables = new Map<string, Draft>();
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

  trigger(table: string, name: string): void {
    this.tables.get(table)?.triggers.add(name);
  }

  foreignKey(key: ForeignKey): void {
    this.keys = this.keys.filter(({ from }) => !(from.table === key.from.table && from.columns.join() === key.from.columns.join()));
    this.keys.push(key);
  }

  /** A key that code declares beside the database: kept where nothing declares one for the column, between tables that are there. */
  suggestKey(key: ForeignKey): void {
    const isKnown = this.keys.some(({ from }) => from.table === key.from.table && plainColumns(from.columns) === plainColumns(key.from.columns));
    if (!isKnown && this.tables.has(key.from.table) && this.tables.has(key.to.table)) this.keys.push(key);
  }

  drop(name: string): void {
    this.tables.delete(name);
    this.keys = this.keys.filter(({ from, to }) => from.table !== name && to.table !== name);
  }

  rename(from: string, to: string): void {
    const known = this.tables.get(from);
    if (known === undefined) return;
    this.tables.delete(from);
    this.tables.set(to, { ...known, name: to });
    const moved = (side: ForeignKey['from']): ForeignKey['from'] => (side.table === from ? { ...side, table: to } : side);
    this.keys = this.keys.map((key) => ({ ...key, from: moved(key.from), to: moved(key.to) }));
  }

  has(name: string): boolean {
    return this.tables.has(name);
  }

  facts(): TableFact[] {
    return [...this.tables.values()].map(({ name, columns, triggers, evidence }) => ({
      name, columns: [...columns].sort(compareText), triggers: [...triggers].sort(compareText), evidence, declared: true,
    })).sort((a, b) => compareText(a.name, b.name));
  }

  foreignKeys(): ForeignKey[] {
    return [...this.keys].sort((a, b) => compareText(a.from.table, b.from.table) || compareText(a.from.columns.join(), b.from.columns.join()) || byEvidence(a.evidence, b.evidence));
  }
}
