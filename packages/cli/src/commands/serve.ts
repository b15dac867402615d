import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { startProxy } from '@strangler/proxy';
import { text, type Command, type Invocation } from '../command.ts';
import { CONFIG_HELP, CONFIG_OPTIONS, loadMigration, prepareStateDirectory } from '../context.ts';
import { printFindings } from '../print/error.ts';
import { untilAborted } from '../wait.ts';

const USAGE = 'serve [--listen HOST:PORT] [--admin HOST:PORT] [--trust ADDRESS …]';

export const command: Command = {
  usage: USAGE,
  help: `Runs the proxy in front of the monolith until it is told to stop (Ctrl-C or SIGTERM; requests in flight are finished).
What no route matches goes to the monolith. Stages, audit and the admin token are kept in the state directory.

  --listen A      public address, default 127.0.0.1:8080, or PORT alone from the environment
  --admin A       admin API, dashboard and metrics, default 127.0.0.1:8081; bearer token in <state>/admin-token
  --trust A       address or CIDR range of a balancer in front, whose X-Forwarded-* is believed; may be given several times. Without it
                  everybody's is replaced, and a canary sticky by client sees the balancer as one caller
${CONFIG_HELP}`,
  options: { ...CONFIG_OPTIONS, listen: { type: 'string' }, admin: { type: 'string' }, trust: { type: 'string', multiple: true } },
  run: async (invocation) => {
    const { values, io } = invocation;
    const migration = await loadMigration(invocation);
    // Why it cannot be written is said by the store that needs it.
    await prepareStateDirectory(migration.stateDirectory).catch(() => undefined);
    const proxy = await startProxy({
      config: migration.config, environment: io.environment, stateDirectory: migration.stateDirectory,
      listen: address(text(values, 'listen') ?? `127.0.0.1:${io.environment['PORT'] ?? '8080'}`),
      admin: address(text(values, 'admin') ?? `127.0.0.1:${io.environment['ADMIN_PORT'] ?? '8081'}`),
      trustedProxies: trusted(values['trust']),
      dashboardDirectory: fileURLToPath(new URL('../../dashboard', import.meta.url)),
    });
    io.out(`${JSON.stringify({ event: 'listening', port: Number(new URL(proxy.url).port), url: proxy.url, adminUrl: proxy.adminUrl })}\n`);
    const findings = await proxy.checkUpstreams();
    if (findings.length > 0) io.err(printFindings(findings));
    await untilAborted(io.signal);
    await proxy.stop();
    return { exitCode: ExitCode.ok, text: '', json: { stopped: true } };
  },
};

/** Checked here, because a range that is silently not one would believe nobody, or everybody. */
function trusted(given: Invocation['values'][string]): string[] {
  const entries = Array.isArray(given) ? given.map(String) : [];
  for (const entry of entries) {
    const [host = '', bits] = entry.split('/');
    const family = isIP(host);
    if (family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))) continue;
    throw new StranglerError({ code: 'STR_USAGE', message: `--trust takes an address or a CIDR range, not '${entry}'.`, remedy: 'Such as --trust 10.0.0.7 or --trust 10.0.0.0/8.' });
  }
  return entries;
}

/** `127.0.0.1:8080`, `[::1]:8080` or `8080`. */
function address(given: string): { host: string; port: number } {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(given);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new StranglerError({ code: 'STR_USAGE', message: `'${given}' is no address.`, remedy: 'Write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.' });
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}
