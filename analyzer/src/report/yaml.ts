/** Plain data that can be printed as YAML. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

/** Several documents in one stream. Strings are quoted as JSON does, which YAML 1.2 reads as it stands; long ones with line ends as blocks, so that people can read them. */
export const documents = (all: readonly Yaml[]): string => all.map((document) => `---\n${print(document, '').replace(/^\n/, '')}\n`).join('');

function print(value: Yaml, indent: string): string {
  if (typeof value === 'string') return scalar(value, indent);
  if (typeof value !== 'object') return String(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : value.map((item: Yaml) => `\n${indent}- ${print(item, inner).replace(/^\n\s*/, '')}`).join('');
  const entries = Object.entries(value as Readonly<Record<string, Yaml>>);
  return entries.length === 0 ? '{}' : entries.map(([key, item]) => `\n${indent}${PLAIN_KEY.test(key) ? key : JSON.stringify(key)}:${gap(print(item, inner))}`).join('');
}

const gap = (printed: string): string => (printed.startsWith('\n') ? printed : ` ${printed}`);

const PLAIN_KEY = /^[A-Za-z][\w./-]*$/;

/** A word that no reader of YAML takes for anything but text stays bare. */
function scalar(text: string, indent: string): string {
  if (/^[A-Za-z][\w-]*(?:[/:][\w-]+)*$/.test(text) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text)) return text;
  const block = text.includes('\n') && !/[^\n\x20-\x7e]|^\s| \n/.test(text);
  return block ? `|-\n${text.split('\n').map((line) => `${indent}${line}`).join('\n')}` : JSON.stringify(text.toWellFormed()).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
