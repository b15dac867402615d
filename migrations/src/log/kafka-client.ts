import { ExitCode, StranglerError } from '@strangler/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka, type KafkaConfig } from 'kafkajs';
import { mendKafkajs } from './kafkajs-mend.ts';

/** For those who pass a client on: only this directory knows whose it is. */
export type KafkaClient = Kafka;
export type KafkaAdmin = Admin;

export interface KafkaAccess {
  readonly brokers: readonly string[];
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/** A client of kafkajs with its mends and few retries: whoever waits longer says so. */
export function kafkaClient({ brokers, security }: KafkaAccess): Kafka {
  mendKafkajs();
  return new kafkajs.Kafka({ clientId: 'strangler', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 5, initialRetryTime: 100 }, ...security });
}

/**
 * How long a broker that is not there is waited for; and one that is there, until its partitions have leaders: of a hundred new topics on a busy machine the last may take
 * half a minute.
 */
const ADMIN_PATIENCE_MS = { broker: 5_000, leaders: 60_000 };
const LEADERLESS: ReadonlySet<string> = new Set(['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION', 'REPLICA_NOT_AVAILABLE']);

/** Runs one piece of work on a connection of its own; `act` may run again after a trouble that passes. */
export async function withAdmin<T>(kafka: Kafka, act: (admin: Admin) => Promise<T>): Promise<T> {
  for (const began = performance.now(); ;) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await act(admin);
    } catch (error) {
      if (!isKafkaPassing(error) || performance.now() - began > ADMIN_PATIENCE_MS[isLeaderless(error) ? 'leaders' : 'broker']) throw error;
      await delay(50);
    } finally {
      await admin.disconnect();
    }
  }
}

/** kafkajs wraps what the broker said when it has asked often enough. */
export function isLeaderless(error: unknown): boolean {
  const { type, cause } = error as { type?: string; cause?: unknown };
  return (type !== undefined && LEADERLESS.has(type)) || (cause instanceof Error && isLeaderless(cause));
}

export const kafkaUnreachable = (brokers: readonly string[], cause: unknown): StranglerError => new StranglerError({
  code: 'STR_KAFKA_UNREACHABLE', cause, exitCode: ExitCode.environment, message: `Kafka at ${brokers.join(', ')} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
  remedy: 'Check KAFKA_BROKERS and that the broker advertises an address that can be reached from here.',
});

/** Lost connections, restarts and elections of brokers pass by themselves; what Kafka says about our offsets does not. */
export function isKafkaPassing(error: unknown): boolean {
  if (error instanceof StranglerError) return error.code === 'STR_KAFKA_UNREACHABLE';
  const { name = '', retriable = false } = error as { name?: string; retriable?: boolean };
  return retriable || /^KafkaJS(Connection|RequestTimeout|BrokerNotFound|NumberOfRetries|Metadata|ConnectionClosed|Timeout|StaleTopicMetadata|NoBrokerAvailable)/.test(name);
}
