import { compareText, type ModulePath } from '../model/evidence.ts';
import type { ContextPin, ContextPins } from '../cluster/pins.ts';
import type { ServiceCandidate } from './analysis.ts';

/** Pins as lines of strangler.contexts.yaml, ready to paste. */
export function pinLines({ contexts = {}, shared = [], together = [], apart = [] }: ContextPins): string {
  const named = Object.entries(contexts).sort(([a], [b]) => compareText(a, b));
  return [
    ...(named.length === 0 ? [] : ['contexts:', ...named.map(([name, pin]) => `  ${scalar(name)}: ${pinText(pin)}`)]),
    ...(shared.length === 0 ? [] : [`shared: ${list(shared)}`]),
    ...(together.length === 0 ? [] : [`together: [${together.map(list).join(', ')}]`]),
    ...(apart.length === 0 ? [] : [`apart: [${apart.map(list).join(', ')}]`]),
  ].join('\n');
}

const pinText = (pin: ContextPin): string => `{ ${(['modules', 'tables', 'not'] as const).flatMap((part) => (pin[part] === undefined || pin[part].length === 0 ? [] : [`${part}: ${list(pin[part])}`])).join(', ')} }`;
const list = (items: readonly string[]): string => `[${items.map(scalar).join(', ')}]`;
/** Quoted unless it is plainly a word: `no`, `1` and `*.ts` mean something else in YAML. */
const scalar = (text: string): string => (/^[a-z][\w-]*$/i.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text) ? text : `'${text.replaceAll("'", "''")}'`);

/**
 * A module that says which context is meant: a pin of one module alone would name the context that it happens to lie in, and move nothing. The surest member, for it will still
 * be there after the code has moved on; a table where the context has no other module.
 */
export function anchorOf(contexts: readonly Pick<ServiceCandidate, 'name' | 'members' | 'tables'>[], context: string, ...except: readonly ModulePath[]): string | undefined {
  const found = contexts.find(({ name }) => name === context);
  const [surest] = [...found?.members ?? []].filter(({ module }) => !except.includes(module)).sort((a, b) => b.confidence - a.confidence || compareText(a.module, b.module));
  return surest?.module;
}
