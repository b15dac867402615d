import { readFileSync, readdirSync } from 'node:fs';

/** What somebody read in the source at one place, before the reader under test was asked. */
export interface LabelledSite {
  readonly file: string;
  readonly line: number;
  /** `METHOD path`, all of them; empty where what looks like a registration is none. A name `~` stands for any: the source gives none. */
  readonly endpoints: readonly string[];
}

export interface LabelledSystem {
  readonly name: string;
  /** `owner/name commit` on GitHub, the directory below ANALYZER_CORPUS and the analyzed root below that. */
  readonly source: string;
  readonly directory: string;
  readonly root: string;
  /** What serves its HTTP routes. */
  readonly framework: string;
  readonly sites: readonly LabelledSite[];
}

/** The systems of one sample (a folder of `labels/endpoints/`), in the order of their names. */
export const labelledSystems = (sample: string): LabelledSystem[] => {
  const folder = new URL(`./labels/endpoints/${sample}/`, import.meta.url);
  return readdirSync(folder).sort().map((name) => parseLabels(readFileSync(new URL(name, folder), 'utf8'), name));
};

const parseLabels = (text: string, name: string): LabelledSystem => {
  const [head = '', ...lines] = text.trim().split('\n');
  const [source, directory, root, framework] = head.replace(/^# /, '').split(' | ');
  if (source === undefined || directory === undefined || root === undefined || framework === undefined) throw new Error(`${name}: the first line must name source | directory | root | framework | draw`);
  return { name: directory, source, directory, root, framework, sites: sitesIn(lines, name) };
};

const sitesIn = (lines: readonly string[], name: string): LabelledSite[] => {
  const sites = new Map<string, LabelledSite>();
  for (const line of lines) {
    const [, file, at, endpoint] = /^(\S+):(\d+) (.+)$/.exec(line) ?? [];
    if (file === undefined || endpoint === undefined) throw new Error(`${name}: not a label: ${line}`);
    const before = sites.get(`${file}:${String(at)}`)?.endpoints ?? [];
    sites.set(`${file}:${String(at)}`, { file, line: Number(at), endpoints: endpoint === '-' ? [] : [...before, endpoint] });
  }
  return [...sites.values()];
};
