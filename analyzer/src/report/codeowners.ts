import type { Analysis } from '../propose/analysis.ts';
import { ownerRules, type OwnerRule } from './owner-rules.ts';
import { PLAIN, type Printing } from './printing.ts';
import { withStems } from './stem-rules.ts';
import { uniqueNames } from './unique-names.ts';

/** Past this size GitHub ignores the file altogether. */
const MOST_BYTES = 3 * 1024 * 1024;

/**
 * GitHub's CODEOWNERS: a team per context and the fewest patterns that give it exactly its modules (the last match wins). What is shared gets no owner.
 * A team is `@org/<context>` until somebody replaces `@org`: git knows people by name, GitHub wants accounts. Who changed most of a context is told in a comment.
 */
export function codeowners({ contexts, shared, model }: Pick<Analysis, 'contexts' | 'shared' | 'model'>, { base }: Printing = PLAIN): string {
  const team = uniqueNames(contexts.map(({ name }) => name), teamName, { joint: '-' });
  const owners = new Map<string, string | undefined>([
    ...contexts.flatMap(({ name, modules }) => modules.map((module) => [base + module, `@org/${team.get(name) ?? ''}`] as const)),
    ...shared.modules.map((module) => [base + module, undefined] as const),
  ]);
  const rules = withStems(ownerRules(owners), owners, base);
  const text = [
    `# Contexts of ${oneLine(model.name)}, as proposed by strangler analyze. Replace @org with your organisation; the last matching line wins.`,
    `# ${String(owners.size)} modules, ${String(rules.length)} lines. A line without a team is shared code that no context owns.`,
    ...contexts.filter(({ authors }) => authors.length > 0).map(({ name, authors }) => `# ${team.get(name) ?? ''} is known to ${authors.slice(0, 3).map((author) => `${oneLine(author.name)} (${String(Math.round(author.share * 100))} %)`).join(', ')}`), '',
    ...rules.map(printRule), '',
  ].join('\n');
  return text.length < MOST_BYTES ? text : `# ${String(rules.length)} lines would be more than the 3 MB that GitHub reads. Give the contexts folders of their own first.\n`;
}

const printRule = ({ path, owner, anywhere }: OwnerRule): string => `/${path.split('/').map(pattern).join('/')}${anywhere === undefined ? '' : `**/${pattern(anywhere)}.*`}${owner === undefined ? '' : ` ${owner}`}`;

/** A path segment as a pattern: what a pattern would read otherwise, and CODEOWNERS cannot escape, is matched by `?`, one character of any kind. */
const pattern = (segment: string): string => segment.replace(/[*?[\]!\\#\p{Cc}]|(?! )\s/gu, '?').replaceAll(' ', String.raw`\ `);
/** A team's slug: lower case letters, digits, hyphens. */
const teamName = (name: string): string => name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'context';
const oneLine = (text: string): string => text.replace(/\s+/gu, ' ');
