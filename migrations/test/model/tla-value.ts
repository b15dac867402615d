/** A value of TLA+ as TLC prints it: sets and sequences as arrays, records and functions as objects. */
export type TlaValue = number | boolean | string | readonly TlaValue[] | { readonly [key: string]: TlaValue };
export type TlaState = Readonly<Record<string, TlaValue>>;

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d+|\w+|<<|>>|\|->|:>|@@|\/\\|[[\]{}(),=])/y;

/** Reads a state: `/\ variable = value`, one after the other. */
export function parseState(text: string): TlaState {
  const reader = new Reader(text);
  const state: Record<string, TlaValue> = {};
  while (!reader.atEnd) {
    reader.take('/\\');
    const name = reader.next();
    reader.take('=');
    state[name] = reader.value();
  }
  return state;
}

class Reader {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(text: string) {
    const trimmed = text.trimEnd();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < trimmed.length) {
      const from = TOKEN.lastIndex;
      const [, token] = TOKEN.exec(trimmed) ?? [];
      if (token === undefined) throw new Error(`not a state of TLC's: ${trimmed.slice(from, from + 40)}`);
      this.tokens.push(token);
    }
  }

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error('a state ends in the middle of a value');
    this.at += 1;
    return token;
  }

  take(wanted: string): void {
    const found = this.next();
    if (found !== wanted) throw new Error(`'${wanted}' was expected in a state, not '${found}'`);
  }

  value(): TlaValue {
    const token = this.next();
    switch (token) {
      case '{': return this.list('}');
      case '<<': return this.list('>>');
      case '[': return this.entries(']', '|->', ',');
      case '(': return this.entries(')', ':>', '@@');
      case 'TRUE': return true;
      case 'FALSE': return false;
      default: return token.startsWith('"') ? JSON.parse(token) as string : Number(token);
    }
  }

  private list(end: string): TlaValue[] {
    const values: TlaValue[] = [];
    while (this.tokens[this.at] !== end) {
      if (values.length > 0) this.take(',');
      values.push(this.value());
    }
    this.take(end);
    return values;
  }

  private entries(end: string, arrow: string, separator: string): Record<string, TlaValue> {
    const record: Record<string, TlaValue> = {};
    for (let first = true; first || this.tokens[this.at] === separator; first = false) {
      if (!first) this.take(separator);
      const name = this.next();
      this.take(arrow);
      record[name.startsWith('"') ? JSON.parse(name) as string : name] = this.value();
    }
    this.take(end);
    return record;
  }
}
