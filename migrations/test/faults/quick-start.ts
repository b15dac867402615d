import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDebezium, type Debezium } from '../support/debezium.ts';

/** Started hundreds of times, and killed before a better compiler or a collector on threads of its own could pay. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** A process that was killed is missed by its peers when its session ends, and its successor waits for that. */
const BROKER = { 'broker.session.timeout.ms': '1000', 'broker.heartbeat.interval.ms': '200', 'group.min.session.timeout.ms': '500' };
const WORKER = { 'session.timeout.ms': '1500', 'heartbeat.interval.ms': '300' };

/**
 * A broker and a worker that are back 2 to 3 seconds after a kill: their classes are read from an archive (JDK class-data sharing) that a first pair of them leaves when
 * it ends, which halves the processor time of a start.
 */
export async function startQuickDebezium(): Promise<Debezium> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-class-data-'));
  const archives = (option: string): [string[], string[]] => [[...SHORT_LIVED, `${option}=${join(directory, 'broker.jsa')}`], [...SHORT_LIVED, `${option}=${join(directory, 'worker.jsa')}`]];
  const start = (option: string): Promise<Debezium> => startDebezium(BROKER, undefined, { worker: WORKER, jvm: archives(option) });
  try {
    await (await start('-XX:ArchiveClassesAtExit')).stop();
    const debezium = await start('-XX:SharedArchiveFile');
    return { ...debezium, stop: async () => { await debezium.stop(); await rm(directory, { recursive: true, force: true }); } };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
