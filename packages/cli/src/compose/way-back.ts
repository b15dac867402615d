import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError, type MigrationConfig } from '@strangler/kernel';
import { connectorConfigs, sourceState } from '@strangler/migrations';

/** A connector that has just been started needs a moment before it reads. */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 100;

/**
 * On Kafka the way back has a connector of its own. One that was registered before its slot was there has failed, and nothing starts it again: what is written on the
 * service after the flip would stay there alone. So it is asked for before anybody is held.
 * @throws StranglerError STR_REVERSE_NOT_READ
 */
export async function requireReader(config: MigrationConfig, name: string, sourceUrl: string, patienceMs = PATIENCE_MS): Promise<void> {
  const settings = connectorConfigs(config).get(`${name}.json`)?.config ?? {};
  for (const until = performance.now() + patienceMs; ;) {
    if ((await sourceState(sourceUrl, settings)).slot?.active === true) return;
    if (performance.now() > until) break;
    await delay(LOOK_EVERY_MS);
  }
  throw new StranglerError({
    code: 'STR_REVERSE_NOT_READ', exitCode: ExitCode.environment, message: `'${name}' goes through Kafka, and no connector reads its slot ${settings['slot.name'] ?? ''}: nothing would carry back what is written after the flip.`,
    remedy: `Its slot is there now: \`strangler connect apply ${name}\` registers its connector, \`strangler connect restart ${name}\` starts one that found no slot before. Then cut over again.`,
  });
}
