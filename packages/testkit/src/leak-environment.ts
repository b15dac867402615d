import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

/** What a test may leave behind by mistake: servers, connections, children, watchers. */
const LEAKS = new Set(['TCPServerWrap', 'TCPSocketWrap', 'PipeServerWrap', 'ProcessWrap', 'FSEventWrap', 'UDPWrap']);
/** A socket that was told to end is gone a moment later. */
const PATIENCE_MS = 3_000;

/** Fails a test file that leaves anything open after its last hook: a leaked server or pool is somebody else's flaky test. */
export default class LeakEnvironment extends NodeEnvironment {
  #before = new Map<string, number>();

  override async setup(): Promise<void> {
    await super.setup();
    this.#before = open();
  }

  override async teardown(): Promise<void> {
    await super.teardown();
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const left = [...open()].filter(([kind, count]) => count > (this.#before.get(kind) ?? 0)).map(([kind, count]) => `${String(count - (this.#before.get(kind) ?? 0))} ${kind}`);
      if (left.length === 0) return;
      if (Date.now() > deadline) throw new Error(`This test file left open: ${left.join(', ')}. Close servers, pools, clients and children in afterAll or with \`await using\`.`);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  }
}

function open(): Map<string, number> {
  const count = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) if (LEAKS.has(kind)) count.set(kind, (count.get(kind) ?? 0) + 1);
  return count;
}
