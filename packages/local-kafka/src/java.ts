import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ExitCode, StranglerError, type Environment } from '@strangler/kernel';

/** What Kafka 4 and Debezium 3 are compiled for. */
const OLDEST = 17;
const found = new Map<string, number>();

/** The `java` to run: `JAVA_HOME`'s, else the one on the PATH. @throws StranglerError STR_NO_JAVA when there is none, or only an older one. */
export async function findJava(environment: Environment = process.env): Promise<string> {
  const home = environment['JAVA_HOME'] ?? '';
  const java = home === '' ? 'java' : join(home, 'bin', 'java');
  const version = found.get(java) ?? await majorVersion(java);
  found.set(java, version);
  if (version >= OLDEST) return java;
  throw noJava(`${java} is Java ${String(version)}; Kafka's and Debezium's jars need ${String(OLDEST)}.`);
}

async function majorVersion(java: string): Promise<number> {
  const { stderr } = await promisify(execFile)(java, ['-version']).catch((cause: unknown) => { throw noJava(`${java} cannot be run.`, cause); });
  const [, first = '0', second = '0'] = /version "(\d+)(?:\.(\d+))?/.exec(stderr) ?? [];
  return first === '1' ? Number(second) : Number(first); // Java 8 calls itself 1.8
}

const noJava = (message: string, cause?: unknown): StranglerError => new StranglerError({
  code: 'STR_NO_JAVA', message, exitCode: ExitCode.environment, cause, remedy: `Install a Java ${String(OLDEST)} runtime (Debian: apt-get install default-jre-headless), or name one in JAVA_HOME.`,
});
