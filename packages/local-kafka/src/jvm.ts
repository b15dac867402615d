import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { findJava } from './java.ts';
import type { KafkaVersion } from './lock.ts';
import { kafkaLock } from './lock.ts';
import { obtain, type ObtainOptions } from './obtain.ts';

/** A main class of Kafka's jars with its memory. */
export interface JavaProgram {
  readonly version: KafkaVersion;
  readonly directory: string;
  readonly mainClass: string;
  readonly args: readonly string[];
  readonly heapMb: number;
  readonly jvm?: readonly string[];
}

/**
 * The command that runs it. The long class path goes into a file (`java @file`), so that the process list shows what matters: the directory it runs in.
 * @throws StranglerError STR_NO_JAVA, and whatever `obtain` throws
 */
export async function javaCommand({ version, directory, mainClass, args, heapMb, jvm = [] }: JavaProgram, options: ObtainOptions = {}): Promise<{ command: string; args: string[] }> {
  const command = await findJava(options.environment);
  const jars = await obtain((await kafkaLock(version)).files, options);
  const [logging, property] = version === '3.9.2' ? [RELOAD4J, '-Dlog4j.configuration=file:'] as const : [LOG4J2, '-Dlog4j2.configurationFile='] as const;
  const settings = join(directory, 'logging.properties');
  await writeFile(settings, logging);
  const file = join(directory, 'java.args');
  await writeFile(file, [
    `-Xms${String(Math.min(heapMb, 256))}m`, `-Xmx${String(heapMb)}m`, '-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true', '-Djava.net.preferIPv4Stack=true',
    ...jvm, `${property}${settings}`, '-cp', jars.join(delimiter),
  ].map(quoted).join('\n'));
  return { command, args: [`@${file}`, mainClass, ...args] };
}

/** In an argument file, backslash escapes and quotes group (JDK Tool Specifications, java, "java Command-Line Argument Files"). */
const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\')}"`;

const PATTERN = '%d{HH:mm:ss.SSS} %-5p %c{1}: %m%n';
const QUIET = ['org.reflections', 'org.eclipse.jetty', 'org.apache.kafka.clients', 'org.apache.kafka.common', 'kafka.log', 'org.apache.kafka.connect.runtime.isolation', 'org.apache.kafka.connect.runtime.AbstractConfig'];
const RELOAD4J = ['log4j.rootLogger=INFO, out', 'log4j.appender.out=org.apache.log4j.ConsoleAppender', 'log4j.appender.out.layout=org.apache.log4j.PatternLayout',
  `log4j.appender.out.layout.ConversionPattern=${PATTERN}`, ...QUIET.map((name) => `log4j.logger.${name}=WARN`), ''].join('\n');
const LOG4J2 = ['status=error', 'appender.out.type=Console', 'appender.out.name=out', 'appender.out.layout.type=PatternLayout', `appender.out.layout.pattern=${PATTERN}`,
  'rootLogger.level=INFO', 'rootLogger.appenderRef.out.ref=out', ...QUIET.flatMap((name, at) => [`logger.l${String(at)}.name=${name}`, `logger.l${String(at)}.level=WARN`]), ''].join('\n');
