/**
 * Many cut-overs, something killed once in each: `node packages/cli/test/nightly/cutover-kill.ts [ROUNDS] [SEED] [command|proxy]` (default 60, the time, the command). One
 * line; exits 1 if a write was lost or doubled.
 */
import { cutoverTrial } from '../support/cutover-trial.ts';

const [rounds = '60', seed = String(Date.now() % 1_000_000), victim = 'command'] = process.argv.slice(2);
const started = performance.now();
const trial = await cutoverTrial(Number(rounds), Number(seed), victim === 'proxy' ? 'proxy' : 'command');
process.stdout.write(`${JSON.stringify({ victim, seed: Number(seed), seconds: Math.round((performance.now() - started) / 1_000), ...trial })}\n`);
process.exitCode = trial.verdict === 'Verified' && trial.lost.length + trial.duplicated.length === 0 ? 0 : 1;
