import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker } from '@strangler/migrations';
import { startDebezium, type Debezium } from '../support/debezium.ts';
import { startLoad } from './load.ts';
import { seededDice } from './dice.ts';
import { resultOf, type KillResult } from './kills.ts';
import { Scene, withClient, type Stage } from './scene.ts';

/** Which of the two is killed; the other, the sink and both databases live on. */
export type KafkaTarget = 'connect' | 'broker';
export const KAFKA_TARGETS: readonly KafkaTarget[] = ['connect', 'broker'];

/** A worker and a broker take seconds to start: the sink may stand still that long. */
const PATIENCE_MS = 180_000;

/** As `killTrial`, through Debezium and Kafka. */
export async function kafkaKillTrial(stage: Stage, target: KafkaTarget, kills: number, seed: number): Promise<KillResult> {
  const debezium = await startDebezium();
  try {
    return await trial(stage, debezium, target, kills, seed);
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
    const load = startLoad(scene.options.sourceUrl, { writers: 3, seed, pauseMs: 30 });
    const dice = seededDice(seed ^ 0x5bd1e995);
    for (let round = 0; round < kills; round += 1) {
      await delay(300 + dice() * 2_000);
      await scene.keepSink();
      await killOnce(scene, debezium, target, dice);
    }
    const { acknowledged } = await load.stop();
    const verdict = await scene.judge(PATIENCE_MS);
    return await resultOf(target, kills, scene, verdict, acknowledged, started);
  } finally {
    await debezium.unregister(scene.options).catch(() => undefined);
  }
}

async function connectorOf(scene: Scene, debezium: Debezium): Promise<void> {
  await debezium.register(scene.options, scene.options.mapping.tables);
  await streams(scene, debezium);
  await emitMarker(scene.options.sourceUrl, 'joined');
}

const streams = (scene: Scene, debezium: Debezium): Promise<void> => withClient(scene.options.sourceUrl, (source) => debezium.streams({ name: scene.options.name, source }));

async function killOnce(scene: Scene, debezium: Debezium, target: KafkaTarget, dice: () => number): Promise<void> {
  const victim = target === 'connect' ? debezium.connect : debezium.kafka;
  await victim.kill('SIGKILL');
  await delay(dice() * 500);
  await victim.restart();
  if (target === 'connect') await streams(scene, debezium);
}
