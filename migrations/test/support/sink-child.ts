/** A sink as a process of its own, to be killed: runs the replication given as JSON in its first argument until somebody ends it. */
import { replicate, type ReplicateOptions } from '@strangler/migrations';

const running = await replicate(JSON.parse(process.argv[2] ?? '{}') as ReplicateOptions);
process.on('SIGTERM', () => { void running.stop().then(() => process.exit(0)); });
process.stdout.write('running\n');
await running.failed.catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
