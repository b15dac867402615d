import type { Evidence } from '../propose/analysis.ts';

/** Text out of somebody's source, where Markdown or HTML would read it: no markup, no mention of a person (`@name`), no link to an issue (`#1`). An underscore within a word is only itself. */
export const prose = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*[\]<>&~|@#]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (sign) => `&#${String(sign.charCodeAt(0))};`);
/** The same as code, in which only a backtick means something; a pipe is left for `table` to escape. */
export const code = (text: string): string => `\`${text.replace(/\s+/g, ' ').replaceAll('`', "'")}\``;
export const at = ({ file, line }: Evidence): string => code(`${file}:${String(line)}`);
/** A name that names a context: plain where it can be. */
export const bold = (text: string): string => `**${prose(text)}**`;

type Cell = string | number;

/** A list that ends when it is long enough for a reader: as many rows as fit into `budget` characters, and where the others are. */
export interface Limits {
  /** Characters. */
  readonly budget: number;
  /** At most so many rows, whatever room is left. */
  readonly rows?: number;
}

const REST = 'in the JSON and HTML reports';
const ALL: Limits = { budget: Infinity };

/** Rows are printed as they are needed: of thousands, those that nobody will see are never made. */
export function table<Item>(head: readonly string[], items: readonly Item[], row: (item: Item, position: number) => readonly Cell[], limits: Limits = ALL): string {
  const lines = fit(items, (item, i) => `| ${row(item, i).map(cell).join(' | ')} |`, limits);
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...lines].join('\n') + more(items.length - lines.length);
}

export function bullets<Item>(items: readonly Item[], line: (item: Item) => string, limits: Limits = ALL): string {
  const lines = fit(items, (item) => `- ${line(item)}`, limits);
  return lines.join('\n') + more(items.length - lines.length);
}

/** Blocks of text (a folded section each), as many as fit. */
export function blocks<Item>(items: readonly Item[], block: (item: Item, position: number) => string, limits: Limits): string {
  const shown = fit(items, block, limits);
  return shown.join('\n\n') + more(items.length - shown.length);
}

/** Comma-separated, at most `most`. */
export const clip = (items: readonly string[], most: number): string => `${items.slice(0, most).join(', ')}${items.length > most ? ` and ${String(items.length - most)} more` : ''}`;

/** Folded until somebody asks. Blank lines let GitHub read the Markdown in it. */
export const folded = (summary: string, body: string): string => `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;

function fit<Item>(items: readonly Item[], print: (item: Item, position: number) => string, { budget, rows = Infinity }: Limits): string[] {
  const lines: string[] = [];
  let left = budget;
  for (const [i, item] of items.entries()) {
    const line = i < rows ? print(item, i) : '';
    left -= line.length + 1;
    if (i >= rows || left < 0) break;
    lines.push(line);
  }
  return lines;
}

const more = (left: number): string => (left > 0 ? `\n\n${String(left)} more ${REST}.` : '');
/** A line end inside a cell would break the table, and so would a pipe: `prose` has none left, code has. */
const cell = (value: Cell): string => String(value).replace(/\s+/g, ' ').replaceAll('|', String.raw`\|`);
