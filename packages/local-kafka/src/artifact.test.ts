import { describe, expect, test } from '@jest/globals';
import { artifactPath, parseArtifact, printArtifact } from './artifact.ts';
import { CONNECTOR_PLUGINS, connectorFile, debeziumLock, KAFKA_VERSIONS, kafkaLock } from './lock.ts';

describe('the locks', () => {
  test.each(KAFKA_VERSIONS)('name for Kafka %s every file once, the roots among them, each with a SHA-256', async (version) => {
    const { roots, files } = await kafkaLock(version);
    const artifacts = files.map(({ artifact }) => artifact);
    expect(roots.filter((root) => !artifacts.includes(root))).toEqual([]);
    expect(new Set(artifacts).size).toBe(artifacts.length);
    expect(files.filter(({ sha256, bytes }) => !/^[0-9a-f]{64}$/.test(sha256) || bytes === 0)).toEqual([]);
    expect(artifacts.map((artifact) => printArtifact(parseArtifact(artifact)))).toEqual(artifacts);
  });

  test('have an archive for every connector, and none besides', async () => {
    const archives = await Promise.all(CONNECTOR_PLUGINS.map(connectorFile));
    expect(archives).toEqual((await debeziumLock()).files);
    expect(archives.map(({ artifact }) => artifactPath(parseArtifact(artifact)))[0]).toBe('io/debezium/debezium-connector-postgres/3.6.1.Final/debezium-connector-postgres-3.6.1.Final-plugin.tar.gz');
  });
});
