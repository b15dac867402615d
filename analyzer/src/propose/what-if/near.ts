import { compareText } from '../../model/evidence.ts';

const SHOWN = 3;

/** The names most like what was typed: by what they end with, what they contain, then by how many letters differ. At most three. */
export function nearest(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLowerCase();
  return names.map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase()) })).filter(({ distance }) => distance <= Math.max(2, typed.slice(typed.lastIndexOf('/') + 1).length / 3))
    .sort((a, b) => a.distance - b.distance || compareText(a.name, b.name)).slice(0, SHOWN).map(({ name }) => name);
}

/** `tax.ts` is near `orders/tax.ts` whatever comes before; else the file names are compared, a wrong folder counting one. */
function distanceOf(typed: string, name: string): number {
  if (name.endsWith(`/${typed}`)) return 0;
  const [a, b] = [typed.slice(typed.lastIndexOf('/') + 1), name.slice(name.lastIndexOf('/') + 1)];
  const folder = typed.slice(0, -a.length) === name.slice(0, -b.length) ? 0 : 1;
  return (a.length > 2 && b.includes(a) ? 1 : edits(a, b)) + folder;
}

/** Levenshtein's distance, in two rows. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1) ?? 0;
}
