import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, parseLsn } from '@strangler/migrations';
import type { Debezium } from '../support/debezium.ts';
import { seededDice } from './dice.ts';
import { isClean, resultOf, type KillResult } from './kills.ts';
import { startLoad } from './load.ts';
import { startQuickDebezium } from './quick-start.ts';
import { Scene, withClient, type Stage } from './scene.ts';

/** Which of the two is killed; the other, the sink and both databases live on. */
export type KafkaTarget = 'connect' | 'broker';
export const KAFKA_TARGETS: readonly KafkaTarget[] = ['connect', 'broker'];

/** A worker and a broker take seconds to start: the sink may stand still that long. */
const PATIENCE_MS = 180_000;

/** As `killTrial`, through Debezium and Kafka. A kill may come while the one before it is still being recovered from, so that there can be one more than asked for. @param keep where the broker's data and both logs go when something is wrong */
export async function kafkaKillTrial(stage: Stage, target: KafkaTarget, kills: number, seed: number, keep?: string): Promise<KillResult> {
  const debezium = await startQuickDebezium();
  try {
    const result = await trial(stage, debezium, target, kills, seed);
    if (keep !== undefined && !isClean(result)) for (const { directory } of [debezium.kafka, debezium.connect]) await cp(directory, join(keep, `${target}-${String(seed)}`, basename(directory)), { recursive: true });
    return result;
  } finally {
    await debezium.stop();
  }
}

async function trial(stage: Stage, debezium: Debezium, target: KafkaTarget, kills: number, seed: number): Promise<KillResult> {
  const started = performance.now();
  await using scene = await Scene.open(stage, target, (opening) => {
    opening.options = { ...opening.options, mapping: { ...opening.options.mapping, log: 'kafka' }, kafka: debezium.access };
    return Promise.resolve(undefined);
  }, (opening) => connectorOf(opening, debezium));
  try {
    const load = startLoad(scene.options.sourceUrl, { writers: 3, lingering: 3, seed, pauseMs: 30 });
    const killer = new Killer(scene, target === 'connect' ? debezium.connect : debezium.kafka, seededDice(seed ^ 0x5bd1e995));
    // One that does not come back has its verdict: what was not applied is late, or lost.
    while (killer.kills < kills && await killer.isAtWork()) await killer.round();
    const { acknowledged } = await load.stop();
    const verdict = await scene.judge(PATIENCE_MS);
    return { ...await resultOf(target, killer.kills, scene, verdict, acknowledged, started), moments: killer.moments };
  } finally {
    await debezium.unregister(scene.options).catch(() => undefined);
  }
}

async function connectorOf(scene: Scene, debezium: Debezium): Promise<void> {
  await debezium.register(scene.options, scene.options.mapping.tables);
  await withClient(scene.options.sourceUrl, (source) => debezium.streams({ name: scene.options.name, source }));
  await emitMarker(scene.options.sourceUrl, 'joined');
}

/** Kills one process again and again, and starts it again, as a supervisor would. */
class Killer {
  kills = 0;
  readonly moments = { 'while it started': 0, 'in a large transaction': 0 };
  private readonly scene: Scene;
  private readonly victim: Debezium['connect'] | Debezium['kafka'];
  private readonly dice: () => number;
  /** What a start took that nobody disturbed, until changes flowed. */
  private startMs = 4_000;
  private startedAt = performance.now();

  constructor(scene: Scene, victim: Debezium['connect'] | Debezium['kafka'], dice: () => number) {
    [this.scene, this.victim, this.dice] = [scene, victim, dice];
  }

  /** Waits until something has been applied that was committed after the last kill: only then another one means something. */
  async isAtWork(): Promise<boolean> {
    const { scene } = this;
    const here = await scene.onSource(async (client) => (await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn')).rows[0]?.lsn);
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      await delay(20);
      await scene.keepSink();
      if (!await scene.isPast(parseLsn(here ?? ''))) continue;
      this.startMs = performance.now() - this.startedAt;
      return true;
    }
    return false;
  }

  /** One in ten in the middle of a large transaction, and after one in five the next start is killed as well. */
  async round(): Promise<void> {
    const isLarge = this.dice() < 0.1;
    if (isLarge) await largeTransaction(this.scene, this.kills);
    await delay(this.dice() * (isLarge ? 900 : 600));
    await this.kill(isLarge ? 'in a large transaction' : undefined);
    if (this.dice() < 0.2) await this.killStarting();
    await delay(this.dice() * 300);
    this.startedAt = performance.now();
    await this.victim.restart();
  }

  private async kill(moment?: keyof Killer['moments']): Promise<void> {
    if (!this.victim.isRunning()) return;
    await this.victim.kill('SIGKILL');
    this.kills += 1;
    if (moment !== undefined) this.moments[moment] += 1;
  }

  private async killStarting(): Promise<void> {
    const starting = this.victim.restart().catch(() => undefined); // it says that it was killed
    await delay(this.dice() * this.startMs);
    await this.kill('while it started');
    await starting;
  }
}

/** Some ten thousand events under one ledger row, on rows that the load leaves alone. */
async function largeTransaction(scene: Scene, number: number): Promise<void> {
  const first = 1_000_000 + number * 10_000;
  const mine = `id BETWEEN ${String(first)} AND ${String(first + 4_999)}`;
  await scene.onSource((client) => client.query(`BEGIN; INSERT INTO letters SELECT g, 0, md5(g::text), 0 FROM generate_series(${String(first)}, ${String(first + 4_999)}) AS g;
    UPDATE letters SET opened = 1 WHERE ${mine} AND id % 2 = 0; UPDATE letters SET copy = 1 WHERE ${mine} AND id % 4 = 1; DELETE FROM letters WHERE ${mine} AND id % 4 = 3;
    INSERT INTO ledger VALUES (9, ${String(number)}, 'large'); COMMIT`));
}
