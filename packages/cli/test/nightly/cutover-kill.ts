/** Many cut-overs, each killed once: `node packages/cli/test/nightly/cutover-kill.ts [ROUNDS] [SEED]` (default 60 and the time). One line; exits 1 if a write was lost or doubled. */
import { cutoverTrial } from '../support/cutover-trial.ts';

const [rounds = 60, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const trial = await cutoverTrial(rounds, seed);
process.stdout.write(`${JSON.stringify({ seed, ...trial })}\n`);
process.exitCode = trial.verdict === 'Verified' && trial.lost.length + trial.duplicated.length === 0 ? 0 : 1;
