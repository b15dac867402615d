import { oneWay, StranglerError, type MigrationConfig, type ReplicationConfig } from '@strangler/kernel';
import { emitMarker, openDrain, prepareReplication, waitForCheckpoint, type CutoverPorts, type Direction } from '@strangler/migrations';
import type { AdminClient } from '@strangler/proxy';
import { requireReader } from './way-back.ts';

export interface CutoverSides {
  readonly config: MigrationConfig;
  /** The replication that carries the tables to the service. */
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly direction: Direction;
  /** Of the mapping, whichever way the cut-over goes. */
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly stateDirectory: string;
  readonly admin: AdminClient;
  readonly by: string;
  readonly why: string;
}

/** How long the reverse replication may take to show that it runs. */
const REVERSE_STARTS_MS = 15_000;

/** Proxy, replication and databases as a cut-over sees them: the only place that knows all three. What it drains over is open before writes are held; dispose of it after. */
export async function cutoverPorts(sides: CutoverSides): Promise<CutoverPorts & AsyncDisposable> {
  const { admin, by, why, direction, mapping } = sides;
  const back = reverseOf(sides.config, sides.name, mapping);
  const [drained, reverse] = direction === 'forward' ? [sides.name, back.name] : [back.name, sides.name];
  const [oldUrl, newUrl] = direction === 'forward' ? [sides.sourceUrl, sides.targetUrl] : [sides.targetUrl, sides.sourceUrl];
  const reverseMapping = direction === 'forward' ? back.mapping : mapping;
  const drain = await openDrain({ sourceUrl: oldUrl, targetUrl: newUrl, name: drained });
  return {
    gate: {
      hold: async (tables, deadlineMs) => {
        const { fenceId, inFlightWaitedMs } = await admin.fence({ tables: [...tables], deadlineMs, by, why });
        return { id: fenceId, inFlightWaitedMs };
      },
      flip: async (id, to) => {
        const { heldRequests, pauseMs } = await certain(admin.flip(id, { to: to === 'monolith' ? 'monolith' : 'service', by, why }));
        return { heldRequests, pauseMs };
      },
      release: (id) => admin.release(id).catch((error: unknown) => {
        // A proxy that was started again holds nothing any more.
        if (!(error instanceof StranglerError) || error.code === 'STR_PROXY_UNREACHABLE') throw error;
      }),
    },
    drain,
    reverse: {
      prepare: async () => {
        await prepareReplication({ name: reverse, mapping: reverseMapping, sourceUrl: newUrl, targetUrl: oldUrl });
        if (reverseMapping.log === 'kafka') await requireReader(sides.config, reverse, newUrl);
      },
      // Nothing is taken back here: the replication that was prepared may be the one an earlier cut-over runs on, and `replicate` reads its slot either way.
      start: async () => {
        await waitForCheckpoint(oldUrl, reverse, await emitMarker(newUrl, `reverse of ${sides.name}`), { deadlineMs: REVERSE_STARTS_MS });
      },
    },
    [Symbol.asyncDispose]: () => drain[Symbol.asyncDispose](),
  };
}

/** No answer at all is not a refusal: the machine asks again. */
async function certain<T>(flip: Promise<T>): Promise<T> {
  try {
    return await flip;
  } catch (error) {
    if (error instanceof StranglerError && error.code === 'STR_PROXY_UNREACHABLE') throw new Error(error.message, { cause: error });
    throw error;
  }
}

/**
 * The replication of the same tables the other way.
 * @throws StranglerError STR_NO_REVERSE: without it a rollback would lose what the service wrote; STR_ONE_WAY: a mapping cannot be turned round
 */
export function reverseOf(config: MigrationConfig, name: string, forward: ReplicationConfig): { readonly name: string; readonly mapping: ReplicationConfig } {
  const { from, to, tables } = forward;
  const wanted = Object.entries(tables).map(([table, { into }]) => into ?? table).sort().join(', ');
  for (const [other, mapping] of Object.entries(config.replication ?? {})) {
    if (mapping.from === to && mapping.to === from && Object.keys(mapping.tables).sort().join(', ') === wanted) {
      requireWayBack(name, oneWay(forward, mapping));
      return { name: other, mapping };
    }
  }
  requireWayBack(name, oneWay(forward, { from: to, to: from, tables: {} }).filter(({ table }) => !isPlain(tables[table])));
  throw new StranglerError({
    code: 'STR_NO_REVERSE',
    message: `The config has no replication of ${wanted} from ${to} back to ${from}.`,
    remedy: `Declare one beside '${name}' (from: '${to}', to: '${from}', the same tables): it is what a rollback stands on.`,
  });
}


/** Said before the missing reverse is: one of these could not be written at all. */
const isPlain = (mapping: ReplicationConfig['tables'][string] | undefined): boolean => mapping?.also === undefined && mapping?.where === undefined && mapping?.adds === undefined && mapping?.discriminator === undefined;

function requireWayBack(name: string, oneWays: ReturnType<typeof oneWay>): void {
  if (oneWays.length === 0) return;
  throw new StranglerError({
    code: 'STR_ONE_WAY',
    message: `'${name}' cannot be cut over, because its way back cannot be written: ${oneWays.map(({ table, why }) => `${table}: ${why}`).join('; ')}.`,
    remedy: 'Cut over with a mapping that can be turned round (renamed and omitted columns, casts, codes one to one), and let the service do the rest; keep this mapping for copies that are only read.',
  });
}
