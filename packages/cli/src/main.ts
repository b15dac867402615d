import { loadEnvFile } from 'node:process';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type { Command, Invocation, Io } from './command.ts';
import { commands } from './commands.ts';
import { printError } from './print/error.ts';
import { usage } from './print/usage.ts';

const COMMON: ParseArgsOptionsConfig = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
};

/** argv → command → exit code. Nothing below this line ends the process. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [verb, ...rest] = argv;
  const json = argv.includes('--json');
  try {
    if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h') {
      io.out(usage(commands));
      return ExitCode.ok;
    }
    const entry = commands.get(verb);
    if (entry === undefined) throw unknownVerb(verb);
    const { command } = await entry.load();
    return await runCommand(verb, command, rest, io);
  } catch (error) {
    return report(error, json, io);
  }
}

async function runCommand(verb: string, command: Command, args: readonly string[], io: Io): Promise<ExitCode> {
  const invocation = { ...parse(verb, command, args), io };
  if (invocation.values['help'] === true) {
    io.out(`strangler ${command.usage}\n\n${command.help}\n`);
    return ExitCode.ok;
  }
  const outcome = await command.run(invocation);
  if (invocation.values['json'] === true) io.out(`${JSON.stringify(outcome.json, undefined, 2)}\n`);
  else if (outcome.text !== '') io.out(outcome.text.endsWith('\n') ? outcome.text : `${outcome.text}\n`);
  return io.signal.aborted && io.signal.reason === 'SIGINT' ? ExitCode.interrupted : outcome.exitCode;
}

function parse(verb: string, command: Command, args: readonly string[]): Omit<Invocation, 'io'> {
  try {
    return parseArgs({ args: [...args], options: { ...COMMON, ...command.options }, allowPositionals: true });
  } catch (error) {
    throw new StranglerError({ code: 'STR_USAGE', message: `strangler ${verb}: ${(error as Error).message}`, remedy: `strangler ${command.usage}` });
  }
}

function report(error: unknown, json: boolean, io: Io): ExitCode {
  // What was given up is not done, whichever signal asked for it.
  if (io.signal.aborted) return ExitCode.interrupted;
  if (json && error instanceof StranglerError) io.out(`${JSON.stringify(printError(error).json, undefined, 2)}\n`);
  else io.err(printError(error).text);
  return error instanceof StranglerError ? error.exitCode : ExitCode.no;
}

const unknownVerb = (verb: string): StranglerError => new StranglerError({
  code: 'STR_USAGE',
  message: `There is no command '${verb}'.`,
  remedy: `One of ${[...commands.keys()].join(', ')}; \`strangler help\` says what each is for.`,
});

/** npm passes on the Ctrl-C that the terminal has sent as well: within this time both are the same one. */
const SAME_CTRL_C_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The real process around `main`: .env, signals, streams that may close early. */
export async function runProcess(): Promise<void> {
  const stop = new AbortController();
  let abortedAt = Infinity;
  const onSignal = (signal: NodeJS.Signals): void => {
    // A second Ctrl-C means now.
    if (performance.now() - abortedAt > SAME_CTRL_C_MS) process.exit(ExitCode.interrupted);
    if (stop.signal.aborted) return;
    abortedAt = performance.now();
    stop.abort(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreNobodyReads);
  try {
    loadEnvFile();
  } catch {
    // No .env is the usual case; what is missing is named by the command that needs it.
  }
  process.exitCode = await main(process.argv.slice(2), {
    out: (text) => { process.stdout.write(text); },
    err: (text) => { process.stderr.write(text); },
    interactive: process.stderr.isTTY,
    environment: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
  });
  // What was given up in the middle may still wait for something; nobody waits for it any more.
  if (stop.signal.aborted) process.exit();
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** The reader of a pipe has left (`| head`), or the terminal was closed: no reason to leave work half done. Anything else, a full disk say, loses the answer. */
function ignoreNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || error.code === 'EIO') return;
  process.stderr.write(printError(new StranglerError({
    code: 'STR_OUTPUT_UNWRITABLE', exitCode: 3, message: `The answer cannot be written: ${error.code === 'ENOSPC' ? 'the disk is full' : error.message}.`, remedy: 'Make room, or send it elsewhere.',
  })).text);
  process.exit(ExitCode.environment);
}
