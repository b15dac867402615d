import { ExitCode, StranglerError } from '@strangler/kernel';
import pg from 'pg';

/** The lock's session idles while others work; a timeout that a team sets for its application must not end it. */
const PATIENT = '-c statement_timeout=0 -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';

/** A session that may change an owner's schema: fences and sequences. */
export async function adminSession(url: string, owner: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'strangler-cutover', connectionTimeoutMillis: 10_000, options: PATIENT });
  client.on('error', () => undefined); // a lost connection rejects the running query; without a listener it would also end the process
  try {
    await client.connect();
  } catch (cause) {
    throw new StranglerError({
      code: 'STR_DATABASE_UNREACHABLE', cause, exitCode: ExitCode.environment,
      message: `The database of ${owner} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check that it runs and that the URL is right; `strangler doctor` tries each database.',
    });
  }
  return client;
}
