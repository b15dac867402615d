import net from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** Whoever asks the network is named, and gets nothing. */
net.Socket.prototype.connect = function connect(...where) {
  process.stderr.write(`NETWORK ${JSON.stringify(where)}\n`);
  throw new Error('an analysis asks no network');
};
if (isMainThread) {
  process.on('exit', () => {
    const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage();
    process.stderr.write(`took ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)} s and ${String(Math.round(maxRSS / 1024))} MB\n`);
  });
}
