import type { CommandEntry } from '../command.ts';
import { table } from './table.ts';

export const usage = (commands: ReadonlyMap<string, CommandEntry>): string => `strangler — take a running Node monolith apart without stopping it

${table([...commands].map(([verb, { summary }]) => [`  ${verb}`, summary]))}

strangler COMMAND --help says more. Every command takes --json.
Exit codes: 0 done · 1 the answer is no · 2 asked wrongly · 3 something outside is missing · 130 interrupted
`;
