import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { tlaTools } from '../../model/tla-tools.ts';
import { parseState, type TlaState } from './tla-value.ts';

export interface ModelStep<State = TlaState> {
  /** The action's name in the model; `Next` where TLC does not know it (one that is bound to an element of a set that varies). */
  readonly action: string;
  readonly to: ModelState<State>;
}

export interface ModelState<State = TlaState> {
  readonly state: State;
  /** What the model allows next, in an order that does not depend on the run. */
  readonly steps: readonly ModelStep<State>[];
}

export type Constants = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** Every state the model can be in within these bounds, and every step between them, as TLC finds them. Returns the first. */
export async function stateGraph<State = TlaState>(module: string, constants: Constants): Promise<ModelState<State>> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-graph-'));
  try {
    await copyFile(join(import.meta.dirname, '../../model', `${module}.tla`), join(directory, `${module}.tla`));
    await writeFile(join(directory, 'walk.cfg'), `CONSTANTS\n${Object.entries(constants).map(([name, value]) => `  ${name} = ${printConstant(value)}\n`).join('')}SPECIFICATION Spec\n`);
    await runTlc(directory, module);
    return await readDot(join(directory, 'graph.dot'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const printConstant = (value: Constants[string]): string => Array.isArray(value) ? `{${value.map((each) => JSON.stringify(each)).join(', ')}}` : JSON.stringify(value);

async function runTlc(directory: string, module: string): Promise<void> {
  const jar = await tlaTools();
  await new Promise<void>((resolve, reject) => {
    execFile('java', ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx1g', '-cp', jar, 'tlc2.TLC', '-deadlock', '-workers', '1', '-metadir', join(directory, 'states'),
      '-dump', 'dot,actionlabels', join(directory, 'graph.dot'), '-config', 'walk.cfg', `${module}.tla`], { cwd: directory, maxBuffer: 64_000_000 }, (error, stdout) => {
      if (stdout.includes('No error has been found')) resolve();
      else reject(new Error(`TLC did not get through ${module}: ${stdout.slice(-2_000)}`, { cause: error }));
    });
  });
}

const NODE = /^(-?\d+) \[label="((?:[^"\\]|\\.)*)"/;
const EDGE = /^(-?\d+) -> (-?\d+) \[label="(\w*)"/;

interface Dump {
  /** By TLC's fingerprint, in the order in which they were found. */
  readonly texts: Map<string, string>;
  readonly edges: Map<string, { readonly action: string; readonly to: string }[]>;
}

async function readDot<State>(path: string): Promise<ModelState<State>> {
  const dump: Dump = { texts: new Map(), edges: new Map() };
  for await (const line of createInterface({ input: createReadStream(path) })) note(dump, line);
  const [first] = dump.texts.keys();
  if (first === undefined) throw new Error('TLC found no state at all');
  return nodesOf<State>(dump)(first);
}

function note({ texts, edges }: Dump, line: string): void {
  const [, from, to, action] = EDGE.exec(line) ?? [];
  if (from !== undefined && to !== undefined) {
    const step = { action: action ?? '', to };
    const known = edges.get(from);
    if (known === undefined) edges.set(from, [step]);
    else known.push(step);
    return;
  }
  const [, id, text] = NODE.exec(line) ?? [];
  if (id !== undefined && text !== undefined) texts.set(id, text);
}

/** States are read when somebody comes by: of a large graph a walk sees little. */
function nodesOf<State>({ texts, edges }: Dump): (id: string) => ModelState<State> {
  const known = new Map<string, ModelState<State>>();
  const at = (id: string): ModelState<State> => {
    const there = known.get(id);
    if (there !== undefined) return there;
    const node = {
      state: parseState(JSON.parse(`"${texts.get(id) ?? ''}"`) as string) as State,
      get steps(): readonly ModelStep<State>[] {
        const named = (edges.get(id) ?? []).map(({ action, to }) => ({ action, to, name: `${action} ${texts.get(to) ?? ''}` }));
        const steps = named.sort((a, b) => a.name < b.name ? -1 : 1).map(({ action, to }): ModelStep<State> => ({ action, to: at(to) }));
        Object.defineProperty(node, 'steps', { value: steps });
        return steps;
      },
    };
    known.set(id, node);
    return node;
  };
  return at;
}
