import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDirectory, startConnect, startKafka, type ConnectOptions, type KafkaOptions, type LocalConnect, type LocalKafka, type Service } from '@strangler/local-kafka';

/** A broker of one's own, for tests that kill it or need other settings. Its directory is removed when it is stopped. */
export async function testKafka(options: Omit<KafkaOptions, 'directory'> = {}): Promise<LocalKafka> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-test-kafka-'));
  return disposable(await startKafka({ directory, ...options }));
}

/** A Connect worker of one's own beside a broker. Its directory is removed when it is stopped. */
export async function testConnect(options: Omit<ConnectOptions, 'directory'>): Promise<LocalConnect> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-test-connect-'));
  return disposable(await startConnect({ directory, ...options }));
}

/** The getters stay getters: a copy would keep the process id of before a restart. */
function disposable<S extends Service>(service: S): S {
  const stop = async (): Promise<void> => {
    await service.stop();
    await removeDirectory(service.directory);
  };
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(service), stop: { value: stop, enumerable: true }, [Symbol.asyncDispose]: { value: stop } }) as S;
}
