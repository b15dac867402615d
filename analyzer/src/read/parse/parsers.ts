import type { ModulePath } from '../../model/evidence.ts';
import type { FileFacts, ParseFile } from './facts.ts';

/** Two parsers that give the same facts: a fast one that refuses what is broken, and the one of TypeScript, which reads around it. */
export interface Parsers {
  /** Undefined where only `recovering` can tell. */
  readonly fast: (path: ModulePath, text: string) => FileFacts | undefined;
  /** Whether the fast one is there at all. */
  readonly native: boolean;
  /** 9 MB of JavaScript: loaded when the first file needs it. */
  readonly recovering: () => Promise<ParseFile>;
}

/** On a platform for which oxc has no binary, TypeScript's parser reads everything: slower, the same facts. */
export const loadParsers = async (): Promise<Parsers> => {
  const recovering = async (): Promise<ParseFile> => (await import('./typescript.ts')).parseTypeScript;
  try {
    return { fast: (await import('./oxc.ts')).parseWithOxc, native: true, recovering };
  } catch {
    return { fast: () => undefined, native: false, recovering };
  }
};
