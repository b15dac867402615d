import { parseConfig } from '@strangler/kernel';
import { startProxy } from '@strangler/proxy';

/** A proxy as a process of its own, for tests that kill it: `node main.ts STATE_DIRECTORY CONFIG_JSON`. */
const [stateDirectory = '', config = '{}'] = process.argv.slice(2);
const any = { host: '127.0.0.1', port: 0 };
const proxy = await startProxy({ config: parseConfig(JSON.parse(config)), environment: process.env, stateDirectory, listen: any, admin: any });
process.once('SIGTERM', () => { proxy.stop().then(() => process.exit(0), () => process.exit(1)); });
process.stdout.write(`${JSON.stringify({ url: proxy.url, adminUrl: proxy.adminUrl, token: proxy.token })}\n`);
