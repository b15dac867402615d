import { readdir, readFile } from 'node:fs/promises';

/** Linux counts CPU time in hundredths of a second for everybody who asks through /proc. */
const TICK_SECONDS = 0.01;

/** CPU time by kind of process: where a machine has fewer cores than busy processes, this and not the clock says who needs more of it. */
export interface CpuSeconds {
  /** This process: reader, log and sink of ours; next to nothing for a peer. */
  readonly node: number;
  /** The servers' processes, theirs that ended included. */
  readonly servers: number;
}

/** Since each process began; undefined where there is no /proc. */
export async function cpuSeconds(postmasters: readonly number[]): Promise<CpuSeconds | undefined> {
  const ids = await readdir('/proc').then((names) => names.filter((name) => /^\d+$/.test(name)), () => undefined);
  if (ids === undefined) return undefined;
  const { user, system } = process.cpuUsage();
  const each = await Promise.all(ids.map((id) => ticksOf(id, postmasters)));
  return { node: (user + system) / 1e6, servers: each.reduce((sum, ticks) => sum + ticks, 0) * TICK_SECONDS };
}

/** Of a postmaster its own and its dead children's, of its children their own. */
async function ticksOf(id: string, postmasters: readonly number[]): Promise<number> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  const [parent = 0, user = 0, system = 0, deadUser = 0, deadSystem = 0] = [1, 11, 12, 13, 14].map((index) => fields[index]);
  if (postmasters.includes(Number(id))) return user + system + deadUser + deadSystem;
  return postmasters.includes(parent) ? user + system : 0;
}
