import { execFile } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FAULTS as WRONGS, type Verdict } from '../history/check.ts';
import { startLoad, type Load } from './load.ts';
import { Scene, type Stage } from './scene.ts';
import { SinkProcess, type SinkSurroundings } from './sink.ts';
import { cutNetwork } from './network.ts';

const run = promisify(execFile);

export interface FaultResult {
  readonly fault: string;
  /** What the sink said, code and remedy included. */
  readonly said: string;
  /** `went on`: after the mend all was applied, judged by the histories. `refused`: changes are missing and the sink says so instead of going on. */
  readonly outcome: 'went on' | 'refused' | 'lost silently';
  readonly committed: number;
  readonly applied: number;
  readonly findings: readonly string[];
}

/** A fault under load, how it is mended, and what is expected. */
interface Fault {
  readonly expected: 'went on' | 'refused';
  /** What the sink must say; undefined where it may ride it out in silence. */
  readonly says?: RegExp;
  readonly surround?: (scene: Scene) => Promise<SinkSurroundings | undefined>;
  /** Does it, waits for what is said, and mends it where it can be mended. @returns what was said */
  run(scene: Scene, load: Load): Promise<string>;
}

const slotOf = (scene: Scene): string => `strangler_${scene.options.name.replaceAll('-', '_')}`;
const logOf = (scene: Scene): string => join(scene.options.logDirectory, scene.options.name);
const gaveUp = async (scene: Scene, code: string): Promise<string> => (await scene.sink.says(new RegExp(`^gave up: ${code}`))).replace(/^gave up: /, '');
/** The sink looks at the publication every five seconds; a change of a row that was never sent stops it sooner (docs/what-if.md). */
const MISSED = /(?:STR_TABLES_CHANGED|STR_APPLY_FAILED)/;
const stopSink = (scene: Scene): Promise<void> => scene.sink.end('SIGTERM');

/** The reader is thrown off its slot, and before it is back `sql` has been carried out. */
async function betweenConnections(scene: Scene, sql: string): Promise<void> {
  await scene.onSource(async (client) => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      await client.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL', [slotOf(scene)]);
      if (await client.query(sql).then(() => true, () => false)) return;
    }
    throw new Error(`not done in time: ${sql}`);
  });
}

/** Until the slot is confirmed beyond all that the source had written when this was called; `meanwhile` first. */
async function confirmedPastNow(scene: Scene, meanwhile: () => Promise<unknown>): Promise<void> {
  await scene.onSource(async (client) => {
    const { rows: [now] } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
    await meanwhile();
    for (let attempt = 0; attempt < 600; attempt += 1) {
      const { rows } = await client.query<{ past: boolean }>('SELECT confirmed_flush_lsn > $1::pg_lsn AS past FROM pg_replication_slots WHERE slot_name = $2', [now?.lsn, slotOf(scene)]);
      if (rows[0]?.past === true) return;
      await delay(50);
    }
    throw new Error('the slot was not confirmed further in time');
  });
}

async function smallDisk(directory: string, size: string, owner?: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'strangler-faults', directory]);
  if (owner !== undefined) await run('chown', [owner, directory]);
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'log-disk-full': {
    expected: 'went on', says: /STR_DISK_FULL/,
    surround: async (scene) => {
      scene.options = { ...scene.options, logDirectory: join(scene.stage.directory, 'small') };
      await smallDisk(scene.options.logDirectory, '600k');
      return undefined;
    },
    run: async (scene, load) => {
      const said = await gaveUp(scene, 'STR_DISK_FULL');
      await run('mount', ['-o', 'remount,size=512m', scene.options.logDirectory]);
      await scene.startSink().running;
      await load.stop();
      await scene.settle();
      await stopSink(scene);
      await run('umount', ['--lazy', scene.options.logDirectory]);
      return said;
    },
  },
  'target-disk-full': {
    expected: 'went on', says: /No space left on device/,
    run: async (scene) => {
      const place = join(scene.stage.directory, 'tablespace');
      await smallDisk(place, '1m', '--reference=' + scene.stage.target.directory);
      await scene.onTarget((client) => client.query(`CREATE TABLESPACE ${scene.database} LOCATION '${place}'`));
      await scene.onTarget((client) => client.query(`ALTER TABLE letters SET TABLESPACE ${scene.database}`)).catch(() => undefined);
      await scene.onSource((client) => client.query("BEGIN; INSERT INTO letters SELECT g, 99, repeat(md5(g::text), 60), 0 FROM generate_series(1000, 2500) AS g; INSERT INTO ledger VALUES (9, 1, 'many'); COMMIT"));
      const said = await scene.sink.says(/No space left on device/);
      await run('mount', ['-o', 'remount,size=256m', place]);
      await scene.settle();
      await scene.onTarget((client) => client.query('ALTER TABLE letters SET TABLESPACE pg_default'));
      await scene.onTarget((client) => client.query(`DROP TABLESPACE ${scene.database}`));
      await run('umount', [place]);
      return said;
    },
  },
  'slot-dropped': {
    expected: 'refused', says: /STR_SLOT_MISSING/,
    run: async (scene) => {
      await betweenConnections(scene, `SELECT pg_drop_replication_slot('${slotOf(scene)}')`);
      return gaveUp(scene, 'STR_SLOT_MISSING');
    },
  },
  'slot-made-anew': {
    expected: 'refused', says: /STR_SLOT_ADVANCED/,
    run: async (scene) => {
      // While it is stopped: between two connections it may be seen to be gone, which is `slot-dropped`.
      await stopSink(scene);
      await scene.onSource(async (client) => {
        await client.query(`SELECT pg_drop_replication_slot('${slotOf(scene)}')`);
        await client.query(`SELECT pg_create_logical_replication_slot('${slotOf(scene)}', 'pgoutput')`);
      });
      await scene.startSink().running;
      return gaveUp(scene, 'STR_SLOT_ADVANCED');
    },
  },
  'publication-altered': {
    expected: 'refused', says: MISSED,
    run: async (scene) => {
      await scene.onSource((client) => client.query(`ALTER PUBLICATION ${slotOf(scene)} DROP TABLE letters`));
      return gaveUp(scene, MISSED.source);
    },
  },
  'publication-altered-and-set-back': {
    expected: 'refused', says: MISSED,
    run: async (scene) => {
      await scene.onSource((client) => client.query(`ALTER PUBLICATION ${slotOf(scene)} DROP TABLE letters`));
      await delay(1_500);
      await scene.onSource((client) => client.query(`ALTER PUBLICATION ${slotOf(scene)} ADD TABLE letters`));
      return gaveUp(scene, MISSED.source);
    },
  },
  'log-restored-from-an-old-copy': {
    expected: 'refused', says: /STR_SLOT_ADVANCED|STR_LOG_/,
    run: async (scene) => {
      await stopSink(scene);
      await cp(logOf(scene), `${logOf(scene)}.copy`, { recursive: true });
      await confirmedPastNow(scene, () => scene.startSink().running);
      await stopSink(scene);
      await rm(logOf(scene), { recursive: true });
      await rename(`${logOf(scene)}.copy`, logOf(scene));
      await scene.startSink().running;
      return gaveUp(scene, 'STR_');
    },
  },
  'source-restored-from-an-old-copy': {
    expected: 'refused', says: /STR_SOURCE_/,
    run: async (scene, load) => {
      const { source } = scene.stage;
      const copy = `${source.directory}.copy`;
      await source.kill();
      await run('cp', ['-a', source.directory, copy]);
      await source.start();
      await confirmedPastNow(scene, () => delay(1_500)); // so that there is something to be rewound
      await load.stop();
      await scene.settle();
      await source.kill();
      await rm(source.directory, { recursive: true });
      await rename(copy, source.directory);
      await source.start();
      return gaveUp(scene, 'STR_SOURCE_');
    },
  },
  'clock-jumps': {
    expected: 'went on',
    surround: () => Promise.resolve({ environment: { STRANGLER_CLOCK_JUMPS: '700' } }),
    run: async () => { await delay(4_000); return ''; },
  },
  'network-cut': {
    // TCP may ride it out without a word, where nobody gave up before the wire was mended.
    expected: 'went on',
    surround: async (scene) => cutNetwork.wire(scene),
    run: async (scene, load) => {
      await delay(1_000);
      await cutNetwork.cut();
      await delay(16_000); // longer than the servers wait for a vanished peer
      await cutNetwork.mend();
      await load.stop();
      await scene.settle(120_000);
      return scene.sink.said.split('\n').find((line) => line.startsWith('trouble')) ?? 'nothing: TCP rode it out';
    },
  },
  'two-sinks': {
    expected: 'went on', says: /STR_SINK_ACTIVE/,
    run: async (scene) => {
      const second = new SinkProcess({ ...scene.options, logDirectory: join(dirname(scene.options.logDirectory), 'second') });
      await second.end();
      return second.gaveUp;
    },
  },
};

/** Load, fault, mend; then the histories say what was lost, and the sink's words whether it was silent about it. */
export async function faultTrial(stage: Stage, name: string, seed: number): Promise<FaultResult> {
  const fault = FAULTS[name];
  if (fault === undefined) throw new Error(`no fault called ${name}`);
  await using scene = await Scene.open(stage, name.replaceAll('-', '_').slice(0, 24), fault.surround);
  const load = startLoad(stage.source.url(scene.database), { writers: 3, seed, pauseMs: 8 });
  await delay(1_000);
  const said = await fault.run(scene, load).catch((error: unknown) => `NOT SAID: ${error instanceof Error ? error.message : String(error)}`);
  await load.stop();
  const verdict = await scene.judge(fault.expected === 'refused' ? 2_000 : 60_000);
  await cutNetwork.unwire();
  return { fault: name, said, outcome: outcomeOf(verdict, said, fault), committed: verdict.committed, applied: verdict.applied, findings: WRONGS.flatMap((wrong) => verdict[wrong].slice(0, 2).map((found) => `${wrong}: ${found}`)) };
}

function outcomeOf(verdict: Verdict, said: string, { expected, says }: Fault): FaultResult['outcome'] {
  const spoke = says === undefined || (says.test(said) && !said.startsWith('NOT SAID'));
  // Where changes are missing, or the source itself was set back, rows cannot agree; that the sink stops and says so is all that can be asked, and that it doubles and disorders nothing.
  const broken = verdict.doubled.length + verdict.disordered.length + (expected === 'went on' ? verdict.lost.length + verdict.torn.length + verdict.invented.length + verdict.unequal.length : 0);
  return broken > 0 || !spoke ? 'lost silently' : expected;
}

export const isAsExpected = ({ fault, outcome }: FaultResult): boolean => FAULTS[fault]?.expected === outcome;
