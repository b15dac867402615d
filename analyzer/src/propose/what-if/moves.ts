/** One change to a proposal, as a person asks for it. Names are as typed. */
export type Move =
  | { readonly kind: 'move'; readonly what: 'any' | 'table'; readonly items: readonly string[]; readonly to: string }
  | { readonly kind: 'merge'; readonly contexts: readonly [string, string]; readonly as?: string }
  | { readonly kind: 'split'; readonly items: readonly string[]; readonly from: string; readonly as: string };

/** What `--what-if` understands, for errors and help. */
export const GRAMMAR = 'move FILES to CONTEXT; move table T to CONTEXT; merge A with B [as NAME]; split FILES out of A as NAME; several with `;`';

const NAME = String.raw`("[^"]+"|'[^']+'|[^\s,;]+)`;
const FORMS: readonly { readonly form: RegExp; readonly make: (parts: readonly string[]) => Move }[] = [
  { form: new RegExp(String.raw`^move\s+tables?\s+(.+?)\s+to\s+${NAME}$`, 'i'), make: ([items = '', to = '']) => ({ kind: 'move', what: 'table', items: listed(items), to: bare(to) }) },
  { form: new RegExp(String.raw`^move\s+(.+?)\s+to\s+${NAME}$`, 'i'), make: ([items = '', to = '']) => ({ kind: 'move', what: 'any', items: listed(items), to: bare(to) }) },
  { form: new RegExp(String.raw`^merge\s+${NAME}\s+(?:with|and)\s+${NAME}(?:\s+as\s+${NAME})?$`, 'i'), make: ([a = '', b = '', as]) => ({ kind: 'merge', contexts: [bare(a), bare(b)], ...(as === undefined ? {} : { as: bare(as) }) }) },
  { form: new RegExp(String.raw`^split\s+(.+?)\s+(?:out\s+of|from)\s+${NAME}\s+as\s+${NAME}$`, 'i'), make: ([items = '', from = '', as = '']) => ({ kind: 'split', items: listed(items), from: bare(from), as: bare(as) }) },
];

/** Takes a text apart; what fits no form comes back as it stands. */
export function parseMoves(text: string): { readonly moves: readonly Move[]; readonly strange: readonly string[] } {
  const moves: Move[] = [];
  const strange: string[] = [];
  for (const part of text.split(';').map((one) => one.trim()).filter((one) => one !== '')) {
    const move = readMove(part);
    if (move === undefined) strange.push(part);
    else moves.push(move);
  }
  return { moves, strange };
}

function readMove(text: string): Move | undefined {
  for (const { form, make } of FORMS) {
    const found = form.exec(text);
    if (found !== null) return make(found.slice(1));
  }
  return undefined;
}

/** `a.ts, b.ts and c.ts`; quotes hold a name with spaces together. */
const listed = (text: string): string[] => [...text.matchAll(/"[^"]+"|'[^']+'|[^\s,]+/g)].map(([word]) => word).filter((word) => word.toLowerCase() !== 'and').map(bare);
const bare = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');
