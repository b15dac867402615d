import type { TypeFact } from './facts.ts';

/** Names that a type mentions, for imports that decorator metadata keeps alive. */
export const typeNames = (type: TypeFact | undefined): readonly string[] =>
  type === undefined ? [] : [type.name.split('.')[0] ?? '', ...(type.args ?? []).flatMap(typeNames)];
