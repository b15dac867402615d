/** `npm run stack:fetch`: every file of the locks into the cache, each compared with its checksum; afterwards the stack needs no network. */
import { CONNECTOR_PLUGINS, debeziumLock, KAFKA_VERSIONS, kafkaLock } from './lock.ts';
import { obtain } from './obtain.ts';
import { unpackPlugins } from './plugins.ts';

const locks = await Promise.all([...KAFKA_VERSIONS.map(kafkaLock), debeziumLock()]);
const files = [...new Map(locks.flatMap((lock) => lock.files).map((file) => [file.artifact, file])).values()];
let fetched = 0;
await obtain(files, { onFetch: (_artifact, bytes) => { fetched += bytes; } });
await unpackPlugins(CONNECTOR_PLUGINS);
process.stdout.write(`${String(files.length)} files are as the locks say; ${(fetched / 1e6).toFixed(0)} MB fetched\n`);
