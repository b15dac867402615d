import { fileStore } from '@strangler/proxy';

/** Opens the store in a directory and holds it until it is killed: `node locker.ts STATE_DIRECTORY`. */
const said = await fileStore(process.argv[2] ?? '').then(() => 'taken', (error: unknown) => typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error));
process.stdout.write(`${said}\n`);
setInterval(() => undefined, 60_000);
