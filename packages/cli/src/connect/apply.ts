import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode } from '@strangler/kernel';
import { applyConnectors, type AppliedConnector } from '@strangler/migrations';
import type { Invocation, Outcome } from '../command.ts';
import { prepareStateDirectory } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { connectContext, type ConnectContext } from './context.ts';
import { sourceFindings } from './plan.ts';

/** Registers and updates; prints how each change is taken back. */
export async function apply(invocation: Invocation, names: readonly string[]): Promise<Outcome> {
  const context = await connectContext(invocation, names);
  const applied = await applyConnectors(context.client, context.wanted, { signal: invocation.io.signal });
  const findings = await sourceFindings(context, invocation);
  const undo = await keepUndo(context, applied);
  const bad = applied.some(({ state }) => state !== 'running');
  return {
    exitCode: bad ? ExitCode.no : ExitCode.ok,
    text: [...applied.map(printApplied), ...(findings.length === 0 ? [] : [printFindings(findings)]), ...undo.map((command) => `undo: ${command}`)].join('\n'),
    json: { connectors: applied.map(({ name, action, state, trouble }) => ({ name, action, state, ...(trouble === undefined ? {} : { trouble }) })), findings, undo },
  };
}

function printApplied({ name, action, state, trouble }: AppliedConnector): string {
  const head = `${state === 'running' ? '✓' : '✗'} ${name}: ${action}, ${state === 'starting' ? 'not running yet; `strangler connect status` says more' : state}`;
  return trouble === undefined ? head : `${head}\n    ${trouble.fact}\n    → ${trouble.remedy}`;
}

/** What was there before lies in a file for its owner alone: somebody may have written a password into it. */
async function keepUndo({ client, migration }: ConnectContext, applied: readonly AppliedConnector[]): Promise<string[]> {
  const directory = join(migration.stateDirectory, 'connect');
  const commands: string[] = [];
  for (const { name, action, before } of applied) {
    const url = `${client.url}/connectors/${name}`;
    if (action === 'registered') commands.push(`curl -X DELETE ${url}`);
    if (action !== 'updated') continue;
    const file = join(directory, `${name}.before.json`);
    await prepareStateDirectory(migration.stateDirectory);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(file, `${JSON.stringify(before, undefined, 2)}\n`, { mode: 0o600 });
    commands.push(`curl -X PUT -H 'content-type: application/json' --data @${file} ${url}/config`);
  }
  return commands;
}
