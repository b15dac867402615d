import { ExitCode, StranglerError } from '@strangler/kernel';
import kafkajs, { type Admin, type Kafka, type KafkaConfig } from 'kafkajs';
import { mendKafkajs } from './kafkajs-mend.ts';

export interface KafkaAccess {
  readonly brokers: readonly string[];
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/** A client of kafkajs with its mends and few retries: whoever waits longer says so. */
export function kafkaClient({ brokers, security }: KafkaAccess): Kafka {
  mendKafkajs();
  return new kafkajs.Kafka({ clientId: 'strangler', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 5, initialRetryTime: 100 }, ...security });
}

export async function withAdmin<T>(kafka: Kafka, act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
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
