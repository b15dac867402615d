import { ExitCode, StranglerError } from '@strangler/kernel';
import { AdminClient, readStateDirectory } from '@strangler/proxy';

/** The admin API of the proxy that keeps its state here. @throws StranglerError STR_PROXY_UNREACHABLE when none has ever started. */
export async function adminClient(stateDirectory: string): Promise<AdminClient> {
  const { discovery, token } = await readStateDirectory(stateDirectory);
  if (discovery !== undefined && token !== undefined) return new AdminClient({ adminUrl: discovery.adminUrl, token });
  throw new StranglerError({
    code: 'STR_PROXY_UNREACHABLE',
    message: `No proxy keeps its state in ${stateDirectory}.`,
    remedy: 'Start it with `strangler serve`, or name its state directory with --state.',
    exitCode: ExitCode.environment,
  });
}
