import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeOffsets } from '../apply/kafka-offsets.ts';
import { isBinlogUrl } from '../capture/binlog-url.ts';
import { textRows, withConnection } from '../capture/connect.ts';
import { spareSlotName } from '../capture/spare-slot.ts';
import { dropOrigin, dropPublication, dropSlot, objectName } from '../capture/slot.ts';

export interface RemoveOptions {
  readonly name: string;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  /** Give it to remove the change log as well; without it the log stays and can be replayed. */
  readonly logDirectory?: string;
}

export interface Removed {
  readonly what: 'slot' | 'publication' | 'checkpoint' | 'offsets' | 'origin' | 'log';
  readonly name: string;
}

/** Takes away what a replication has made, and nothing else: the copied rows stay. Harmless when it is gone already. Says what was there. */
export async function removeReplication({ name, sourceUrl, targetUrl, logDirectory }: RemoveOptions): Promise<Removed[]> {
  const object = objectName(name);
  const removed: Removed[] = [];
  // A binlog has neither: its server keeps no place for its readers.
  if (!isBinlogUrl(sourceUrl)) await withConnection(sourceUrl, 'source', async (source) => {
    for (const slot of [object, spareSlotName(name)]) if (await dropSlot(source, slot)) removed.push({ what: 'slot', name: slot });
    if (await dropPublication(source, object)) removed.push({ what: 'publication', name: object });
  });
  await withConnection(targetUrl, 'target', async (target) => {
    const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.checkpoint') AS there");
    const gone = typeof there?.there === 'string' ? await target.query('DELETE FROM strangler.checkpoint WHERE replication = $1', [name]) : undefined;
    if (typeof there?.there === 'string') await target.query("DELETE FROM strangler.dead_letter WHERE replication = $1", [name]).catch(() => undefined); // an older target has no such table
    if ((gone?.rowCount ?? 0) > 0) removed.push({ what: 'checkpoint', name });
    if (await removeOffsets(target, name)) removed.push({ what: 'offsets', name });
  });
  if (await dropOrigin(targetUrl, object)) removed.push({ what: 'origin', name: object });
  if (logDirectory !== undefined) {
    const directory = join(logDirectory, name);
    if (await stat(directory).then(() => true, () => false)) removed.push({ what: 'log', name: directory });
    await rm(directory, { recursive: true, force: true });
  }
  return removed;
}
