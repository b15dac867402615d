/** A runner of sagas as a process of its own, to be killed. Its participants keep their effects in the same database, each on a connection of its own. */
import { actOnce, compensateOnce, StepRefused, startSagaRunner, type SagaDefinition, type StepContext } from '@strangler/migrations';
import pg from 'pg';

const url = process.argv[2] ?? '';
const pool = new pg.Pool({ connectionString: url, max: 8 });
pool.on('error', () => undefined);

interface Transfer { readonly from: number; readonly to: number; readonly cents: number }

async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const move = (account: 'from' | 'to', sign: 1 | -1) => (client: pg.ClientBase, { input }: StepContext<Transfer>): Promise<unknown> =>
  client.query('UPDATE purse SET cents = cents + $2, moves = moves + 1 WHERE id = $1', [input[account], sign * input.cents]);

const remote = (name: string, account: 'from' | 'to', sign: 1 | -1) => ({
  name, retry: { attempts: 4, firstMs: 5, longestMs: 20 },
  act: (context: StepContext<Transfer>) => withClient((own) => actOnce(own, context.key, async (client) => {
    const said = Math.random();
    if (said < 0.1) throw new StepRefused('no');
    if (said < 0.3) throw new Error('no answer');
    await move(account, sign)(client, context);
  })),
  compensate: (context: StepContext<Transfer>) => withClient((own) => compensateOnce(own, context.key, async (client) => {
    if (Math.random() < 0.2) throw new Error('no answer');
    await move(account, sign === 1 ? -1 : 1)(client, context);
  })),
});

const transfer: SagaDefinition<Transfer> = {
  name: 'transfer',
  steps: [remote('withdraw', 'from', -1), { name: 'note', inTransaction: (client, { sagaId }) => client.query('INSERT INTO noted VALUES ($1)', [sagaId]), compensate: ({ sagaId }) => withClient(async (own) => { await own.query('DELETE FROM noted WHERE saga = $1', [sagaId]); }) }, remote('deposit', 'to', 1)],
};

startSagaRunner({ url, definitions: [transfer], leaseMs: 2_000, pollMs: 20, concurrency: 4 });
process.stdout.write('running\n');
