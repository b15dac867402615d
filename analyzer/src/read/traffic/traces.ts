import { touchesOfSql } from '../tables/sql.ts';
import type { SourceTally } from './tally.ts';
import type { Span } from './otlp.ts';

/** Traces held open at once: a collector writes the spans of one trace near to one another. */
const OPEN = 5_000;
const STATEMENTS = 20_000;

interface OpenTrace {
  readonly parents: Map<string, string>;
  /** Span → endpoint, for spans that answer a request. */
  readonly answers: Map<string, string>;
  readonly asks: { readonly span: string; readonly tables: readonly Touched[] }[];
}

interface Touched {
  readonly table: string;
  readonly mode: 'read' | 'write';
}

/**
 * Spans to requests and to the tables that each request touched. Children may come before their parents: a trace is judged when it is closed, the oldest first once
 * too many are open, so that memory does not grow with the file.
 */
export class TraceReader {
  /** `endpoint\ntable\nmode` → times. */
  readonly accesses = new Map<string, number>();
  readonly #open = new Map<string, OpenTrace>();
  readonly #statements = new Map<string, readonly Touched[]>();
  readonly #tables: ReadonlyMap<string, string>;

  constructor(tables: readonly string[]) {
    this.#tables = new Map(tables.map((table) => [table.toLowerCase(), table]));
  }

  take(span: Span, tally: SourceTally): void {
    const trace = this.#traceOf(span.trace);
    trace.parents.set(span.id, span.parent);
    if (span.request !== undefined) {
      const endpoint = tally.count(span.request, span.seconds);
      if (endpoint !== undefined) trace.answers.set(span.id, endpoint);
    }
    const tables = this.#touched(span);
    if (tables.length > 0) trace.asks.push({ span: span.id, tables });
  }

  /** Judges what is still open. */
  close(): void {
    for (const trace of this.#open.values()) this.#settle(trace);
    this.#open.clear();
  }

  #traceOf(id: string): OpenTrace {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= OPEN) {
      this.#settle(oldest[1]);
      this.#open.delete(oldest[0]);
    }
    const made: OpenTrace = { parents: new Map(), answers: new Map(), asks: [] };
    this.#open.set(id, made);
    return made;
  }

  #settle({ parents, answers, asks }: OpenTrace): void {
    for (const { span, tables } of asks) {
      const endpoint = answeredBy(span, parents, answers);
      if (endpoint !== undefined) for (const { table, mode } of tables) this.accesses.set(`${endpoint}\n${table}\n${mode}`, (this.accesses.get(`${endpoint}\n${table}\n${mode}`) ?? 0) + 1);
    }
  }

  /** The statement tells more than the attribute: joins, and what a CTE writes. */
  #touched({ statement, table }: Span): readonly Touched[] {
    const parsed = statement === undefined ? [] : this.#parsed(statement);
    return parsed.length > 0 || table === undefined ? parsed : this.#known([{ table: table.name, mode: table.mode }]);
  }

  #parsed(statement: string): readonly Touched[] {
    const known = this.#statements.get(statement);
    if (known !== undefined) return known;
    const found = this.#known(touchesOfSql(statement, 1, 'sql') ?? []);
    if (this.#statements.size < STATEMENTS) this.#statements.set(statement, found);
    return found;
  }

  #known(touched: readonly Touched[]): Touched[] {
    return touched.flatMap(({ table, mode }) => {
      const name = this.#tables.get(table.toLowerCase());
      return name === undefined ? [] : [{ table: name, mode }];
    });
  }
}

/** The nearest span above that answers a request. A loop in broken data ends the walk. */
function answeredBy(span: string, parents: ReadonlyMap<string, string>, answers: ReadonlyMap<string, string>): string | undefined {
  const seen = new Set<string>();
  for (let at: string | undefined = span; at !== undefined && at !== '' && !seen.has(at); at = parents.get(at)) {
    const endpoint = answers.get(at);
    if (endpoint !== undefined) return endpoint;
    seen.add(at);
  }
  return undefined;
}
