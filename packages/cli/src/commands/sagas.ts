import { ExitCode, resolveSetting, StranglerError } from '@strangler/kernel';
import { hasSagas, listSagas, retrySaga, showSaga, turnSagaBack, type SagaState } from '@strangler/migrations';
import pg from 'pg';
import { flag, text, type Command, type Invocation, type Outcome } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, required } from '../context.ts';
import { table } from '../print/table.ts';

const USAGE = 'sagas SERVICE [list [--all] | show SAGA | retry SAGA [--execute] | compensate SAGA --why TEXT [--execute]]';

export const command: Command = {
  usage: USAGE,
  help: `Sagas of a service that need somebody to look: those that stumbled three times or more, and those that no runner takes up. Exit 1 when there are any.

  list             (default) the stuck ones; --all: every unfinished one
  show SAGA        its steps, what they answered, and why it turned back
  retry SAGA       let a runner try at once, with its attempts counted anew
  compensate SAGA  turn one back that still goes forward: what was attempted is taken back. There is no undo
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, all: { type: 'boolean' }, why: { type: 'string' }, execute: { type: 'boolean' } },
  run: async (invocation) => {
    const { config } = await loadMigration(invocation);
    const name = required(invocation.positionals[0], 'The service', USAGE);
    const service = config.services[name];
    if (service === undefined) throw new StranglerError({ code: 'STR_UNKNOWN_SERVICE', message: `There is no service '${name}'.`, remedy: `Declared: ${Object.keys(config.services).join(', ') || 'none'}.` });
    const client = await connected(resolveSetting(service.database, invocation.io.environment), name);
    try {
      if (!await hasSagas(client)) return { exitCode: ExitCode.ok, text: `The database of ${name} has no saga runner's tables.`, json: { sagas: [] } };
      return await act(client, invocation);
    } finally {
      await client.end();
    }
  },
};

async function connected(url: string, service: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'strangler' });
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw new StranglerError({ code: 'STR_DATABASE_UNREACHABLE', exitCode: ExitCode.environment, cause, message: `The database of ${service} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}.`, remedy: 'Check that the server runs and that the URL, user and password are right.' });
  }
}

async function act(client: pg.Client, invocation: Invocation): Promise<Outcome> {
  const [, verb = 'list'] = invocation.positionals;
  switch (verb) {
    case 'list':
      return list(client, invocation);
    case 'show':
      return show(client, invocation);
    case 'retry':
      return retry(client, invocation);
    case 'compensate':
      return compensate(client, invocation);
    default:
      throw new StranglerError({ code: 'STR_USAGE', message: `'${verb}' is nothing that can be done with sagas.`, remedy: `strangler ${USAGE}` });
  }
}

async function list(client: pg.Client, { values, positionals }: Invocation): Promise<Outcome> {
  const sagas = await listSagas(client, { all: flag(values, 'all') });
  const rows = sagas.map((saga) => [saga.id, saga.name, `${saga.phase} at ${saga.step ?? `step ${String(saga.at + 1)}`}`, String(saga.attempts), `${saga.ageSeconds.toFixed(0)} s`, due(saga), saga.lastError ?? saga.reason ?? '']);
  const none = flag(values, 'all') ? 'No saga is unfinished.' : 'No saga is stuck.';
  return {
    exitCode: sagas.length === 0 || flag(values, 'all') ? ExitCode.ok : ExitCode.no, json: { sagas },
    text: sagas.length === 0 ? none : `${table(rows, ['saga', 'kind', 'where', 'attempts', 'age', 'next', 'last error'])}\n\nstrangler sagas ${positionals[0] ?? ''} show SAGA says more; retry SAGA tries at once.`,
  };
}

const due = ({ dueInSeconds }: SagaState): string => dueInSeconds >= 0 ? `in ${dueInSeconds.toFixed(0)} s` : `due for ${(-dueInSeconds).toFixed(0)} s: is a runner alive that knows it?`;

async function find(client: pg.Client, { positionals }: Invocation): Promise<NonNullable<Awaited<ReturnType<typeof showSaga>>>> {
  const id = required(positionals[2], 'The saga', USAGE);
  const found = await showSaga(client, id);
  if (found !== undefined) return found;
  throw new StranglerError({ code: 'STR_UNKNOWN_SAGA', exitCode: 1, message: `There is no saga ${id}.`, remedy: `\`strangler sagas ${positionals[0] ?? ''} list --all\` lists the unfinished ones.` });
}

async function show(client: pg.Client, invocation: Invocation): Promise<Outcome> {
  const { saga, input, steps } = await find(client, invocation);
  const facts = [`${saga.id} (${saga.name}): ${saga.phase}, step ${String(saga.at + 1)}, ${String(saga.attempts)} attempts`, `input: ${JSON.stringify(input)}`,
    ...(saga.reason === null ? [] : [`turned back: ${saga.reason}`]), ...(saga.lastError === null ? [] : [`last error: ${saga.lastError}`])];
  const rows = steps.map(({ step, state, output, begunAt, endedAt }) => [step, state, begunAt, endedAt ?? '', output === null ? '' : JSON.stringify(output)]);
  return { exitCode: ExitCode.ok, text: `${facts.join('\n')}\n\n${table(rows, ['step', 'state', 'begun', 'ended', 'answer'])}`, json: { saga, input, steps } };
}

async function retry(client: pg.Client, invocation: Invocation): Promise<Outcome> {
  const { saga } = await find(client, invocation);
  if (saga.phase === 'done' || saga.phase === 'undone') return { exitCode: ExitCode.no, text: `${saga.id} is ${saga.phase}: there is nothing to try again.`, json: { saga } };
  if (!flag(invocation.values, 'execute')) return planned(`A runner would take up ${saga.id} at once, ${saga.phase} at ${saga.step ?? 'its first step'}. Nothing to undo: it would have been taken up anyway.`, saga);
  await retrySaga(client, saga.id);
  return { exitCode: ExitCode.ok, text: `${saga.id} is free to be taken up now.`, json: { retried: saga.id } };
}

async function compensate(client: pg.Client, invocation: Invocation): Promise<Outcome> {
  const { saga } = await find(client, invocation);
  const why = required(text(invocation.values, 'why'), '--why', USAGE);
  if (saga.phase !== 'forward') return { exitCode: ExitCode.no, text: `${saga.id} is ${saga.phase}: only one that goes forward can be turned back.`, json: { saga } };
  if (!flag(invocation.values, 'execute')) return planned(`${saga.id} would turn back at ${saga.step ?? 'its first step'}: everything attempted so far is taken back. There is no undo.`, saga);
  if (!await turnSagaBack(client, saga.id, why)) return { exitCode: ExitCode.no, text: `${saga.id} moved on meanwhile; look again.`, json: { saga } };
  return { exitCode: ExitCode.ok, text: `${saga.id} goes back from here.`, json: { turnedBack: saga.id } };
}

const planned = (said: string, saga: SagaState): Outcome => ({ exitCode: ExitCode.ok, text: `${said}\nNothing was changed; --execute performs it.`, json: { planned: saga } });
