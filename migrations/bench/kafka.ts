import { removeReplication, replicate } from '@strangler/migrations';
import { startDebezium, type Debezium } from '../test/support/debezium.ts';
import { capture } from './kafka-capture.ts';
import { applying, FORMS } from './kafka-apply.ts';
import { AppliedTimes, lags, prepareTicks, type LagOptions } from './latency.ts';
import type { Row } from './row.ts';
import { mappingOf, type Bench } from './servers.ts';

export interface KafkaOptions extends LagOptions {
  /** Inserted, then updated: twice as many changes. */
  readonly rows: number;
}

/** Through a broker, a worker and connectors on this machine, the connectors as `strangler connect` registers them. */
export async function kafka(bench: Bench, options: KafkaOptions): Promise<Row[]> {
  const debezium = await startDebezium({}, ['postgres', 'jdbc']);
  try {
    const captured = await capture(bench, debezium, FORMS, options.rows);
    await prepareTicks(bench);
    const lag = [...await lagging(bench, debezium, 'transactions', options), ...await lagging(bench, debezium, 'keys', options)];
    return [...lag, ...await applying(bench, debezium, captured, options.runs)];
  } finally {
    await debezium.stop();
  }
}

/** From the commit at the source until it is durable at the target. */
async function lagging(bench: Bench, debezium: Debezium, reading: 'transactions' | 'keys', options: LagOptions): Promise<Row[]> {
  const sides = { name: `lag-of-${reading}`, sourceUrl: bench.sourceUrl, targetUrl: bench.targetUrl, logDirectory: bench.directory };
  const mapping = { ...mappingOf('ticks'), log: 'kafka', reading } as const;
  const applied = new AppliedTimes();
  const running = await replicate({ ...sides, mapping, startFrom: 'now', kafka: debezium.access, onEvent: (event) => { applied.note(event); } });
  try {
    await debezium.register(sides, mapping.tables, {}, reading);
    await debezium.streams({ name: sides.name, source: bench.source });
    // What Java has not compiled yet lags by seconds, whatever reads behind it: as long again at the full rate, and what was captured before, are not counted.
    const warmUp = { rate: Math.max(...options.rates), seconds: 2 * options.seconds };
    return await lags(bench, applied, { ...options, what: `lag through Debezium and Kafka, ${reading === 'keys' ? 'by key' : 'whole transactions'}`, replication: sides.name, atMostMs: 250, warmUp });
  } finally {
    await debezium.unregister(sides);
    await running.stop();
    await removeReplication(sides);
  }
}
