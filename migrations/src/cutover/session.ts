import { ExitCode, StranglerError } from '@strangler/kernel';
import pg from 'pg';

/** A session that may change an owner's schema: fences and sequences. */
export async function adminSession(url: string, owner: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'strangler-cutover', connectionTimeoutMillis: 10_000 });
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
