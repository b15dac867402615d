export type { Command, CommandEntry, Invocation, Io, Outcome } from './command.ts';
export { commands } from './commands.ts';
export { main } from './main.ts';
