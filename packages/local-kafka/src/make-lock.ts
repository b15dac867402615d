/**
 * Makes the locks anew: `npm run stack:lock`. Maven says what follows from the roots (its own resolution, with a generated pom); each file is then fetched, compared
 * with the SHA-1 that the repository publishes beside it, and written down with its SHA-256. Needs `mvn`; nothing else here does.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { artifactPath, parseArtifact, printArtifact, type Artifact } from './artifact.ts';
import { CONNECTOR_PLUGINS, KAFKA_VERSIONS, LOCKS, pluginArtifact, type KafkaVersion, type Lock, type LockedFile } from './lock.ts';
import { download } from './obtain.ts';

const CENTRAL = process.env['STRANGLER_MAVEN_REPOSITORY'] ?? 'https://repo.maven.apache.org/maven2';
/** Kafka's poms leave out the binding that its distribution carries: without one, slf4j is silent. */
const LOGGING: Readonly<Record<KafkaVersion, string>> = { '3.9.2': 'org.slf4j:slf4j-reload4j:1.7.36', '4.3.0': 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4' };

const rootsOf = (version: KafkaVersion): string[] => [`org.apache.kafka:kafka_2.13:${version}`, `org.apache.kafka:connect-runtime:${version}`, LOGGING[version]];

async function resolve(roots: readonly string[]): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-lock-'));
  try {
    await writeFile(join(directory, 'pom.xml'), pom(roots.map(parseArtifact)));
    const list = join(directory, 'list.txt');
    await promisify(execFile)('mvn', ['-q', '-B', 'dependency:list', `-DoutputFile=${list}`, '-DincludeScope=runtime'], { cwd: directory });
    return (await readFile(list, 'utf8')).split('\n').flatMap(listed).sort();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const pom = (roots: readonly Artifact[]): string => `<project><modelVersion>4.0.0</modelVersion><groupId>strangler</groupId><artifactId>lock</artifactId><version>1</version><dependencies>${
  roots.map(({ group, name, version }) => `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`).join('')}</dependencies></project>\n`;

/** `   group:name:type[:classifier]:version:scope`, with a module name behind it on newer JVMs. */
function listed(line: string): string[] {
  const parts = line.trim().split(' ')[0]?.split(':') ?? [];
  if (parts.length < 5) return [];
  const [group = '', name = '', extension = ''] = parts;
  const [version = ''] = parts.slice(-2);
  const classifier = parts.length === 6 ? parts[3] : undefined;
  return [printArtifact({ group, name, version, extension, ...(classifier === undefined ? {} : { classifier }) })];
}

async function write(file: string, roots: readonly string[], artifacts: readonly string[]): Promise<void> {
  const files: LockedFile[] = [];
  for (const artifact of artifacts) files.push(await vouched(artifact));
  const lock: Lock = { roots, files };
  await writeFile(join(LOCKS, file), `{\n  "roots": ${JSON.stringify(roots)},\n  "files": [\n${lock.files.map((one) => `    ${JSON.stringify(one)}`).join(',\n')}\n  ]\n}\n`);
  process.stdout.write(`locks/${file}: ${String(files.length)} files, ${String(Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6))} MB\n`);
}

async function vouched(artifact: string): Promise<LockedFile> {
  const url = `${CENTRAL}/${artifactPath(parseArtifact(artifact))}`;
  const bytes = await download(url, { artifact });
  const published = (await download(`${url}.sha1`, { artifact: `${artifact}.sha1` })).toString('utf8').trim().split(/\s/)[0];
  const sha1 = createHash('sha1').update(bytes).digest('hex');
  if (published !== sha1) throw new Error(`${artifact}: its SHA-1 is ${sha1}, and the repository says ${String(published)}.`);
  return { artifact, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

await mkdir(LOCKS, { recursive: true });
for (const version of KAFKA_VERSIONS) await write(`kafka-${version}.json`, rootsOf(version), await resolve(rootsOf(version)));
const plugins = CONNECTOR_PLUGINS.map(pluginArtifact);
await write('debezium.json', plugins, plugins);
