import { readFile } from 'node:fs/promises';
import { StranglerError } from '@strangler/kernel';
import { z } from 'zod';
import type { AuditEntry, ProxyState, Tallies } from './store.ts';
import { errorCode, errorText } from './error-code.ts';

export const STATE_VERSION = 1;

const stage = z.union([
  z.literal('monolith'), z.literal('service'), z.literal('retired'),
  z.strictObject({ shadow: z.strictObject({ sample: z.number().min(0).max(1), sandbox: z.union([z.string(), z.strictObject({ env: z.string() })]).optional() }) }),
  z.strictObject({ canary: z.strictObject({ percent: z.number().min(0).max(100), stickyBy: z.string() }) }),
]);

const stateFile = z.object({
  version: z.literal(STATE_VERSION),
  epoch: z.int().nonnegative(),
  routes: z.record(z.string(), z.object({ stage, since: z.string(), by: z.string(), why: z.string() })),
});

/** `undefined` when there is no such file; anything else that is not a whole state is refused, because starting over would undo promotions. */
export async function readState(path: string): Promise<ProxyState | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const { epoch, routes } = stateFile.parse(JSON.parse(text));
    return { epoch, routes } as ProxyState;
  } catch (cause) {
    throw stateUnreadable(path, 'it is not a state this version can read', cause);
  }
}

export interface AuditFile {
  readonly entries: readonly AuditEntry[];
  /** Bytes up to the last whole line; less than `size` when a crash tore the last one. */
  readonly wholeBytes: number;
  readonly size: number;
}

export async function readAudit(path: string): Promise<AuditFile> {
  const text = await readIfThere(path) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const entries: AuditEntry[] = [];
  for (const [index, line] of whole.split('\n').entries()) if (line !== '') entries.push(readEntry(line) ?? unreadable(index + 1, entries.at(-1)));
  return { entries, wholeBytes: Buffer.byteLength(whole), size: Buffer.byteLength(text) };
}

/** As much of an entry as everybody who reads one relies on. */
const auditEntry = z.looseObject({
  epoch: z.int().nonnegative(), at: z.string(), act: z.string(), by: z.string(), why: z.string(), changes: z.array(z.object({ route: z.string(), from: stage, to: stage })),
});

function readEntry(line: string): AuditEntry | undefined {
  const entry = auditEntry.safeParse(parse(line));
  return entry.success ? entry.data as AuditEntry : undefined;
}

/** A line that somebody has spoilt stands in the list as such: an audit that skips it in silence would vouch for what it cannot know. */
const unreadable = (line: number, before: AuditEntry | undefined): AuditEntry => ({
  epoch: before?.epoch ?? 0, at: before?.at ?? new Date(0).toISOString(), act: 'unreadable', by: 'unknown', why: `line ${String(line)} of the audit is no entry that this version can read`, changes: [],
});

/** Counting can start over where promoting must not: unreadable tallies are none. */
export async function readTallies(path: string): Promise<Tallies> {
  const value = parse(await readIfThere(path) ?? '{}');
  return typeof value === 'object' && value !== null && 'routes' in value ? value.routes as Tallies : {};
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(cause) ?? '')) return undefined;
    throw stateUnreadable(path, errorText(cause), cause);
  }
}

export const stateUnreadable = (path: string, why: string, cause?: unknown): StranglerError => new StranglerError({
  code: 'STR_STATE_UNREADABLE',
  message: `${path} cannot be used: ${why}.`,
  remedy: 'Restore it from a copy, or from the last entry of audit.ndjson beside it. Only if every route shall start over: move the whole directory away.',
  exitCode: 3,
  ...(cause === undefined ? {} : { cause }),
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
