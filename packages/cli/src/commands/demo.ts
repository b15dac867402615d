import { ExitCode, StranglerError } from '@strangler/kernel';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flag, text, type Command, type Io, type Outcome } from '../command.ts';
import { newPlay, summarize, type Play } from '../demo/play.ts';
import { perform } from '../demo/scenario.ts';
import { printSummary, type DemoSummary, type Kept } from '../demo/summary.ts';
import { untilAborted } from '../wait.ts';

export const command: Command = {
  usage: 'demo [--keep] [--chaos KILLS] [--seed N]',
  help: `Takes the sample shop's catalog out of its monolith while clients go on buying, and checks every step; exit code 1 if one is not true.
About a minute; needs no Docker: PostgreSQL comes from npm. Everything lies in a temporary directory and is gone afterwards.

  --keep          leave all running, with the dashboard, until Ctrl-C
  --chaos KILLS   kill -9 proxy, sink or service that often, at random moments
  --seed N        of traffic and chaos; default 1
  --json          the figures for a program; the story goes to standard error`,
  options: { keep: { type: 'boolean' }, chaos: { type: 'string' }, seed: { type: 'string' } },
  run: async ({ values, io }) => {
    const play = newPlay({ kills: wholeNumber('--chaos', text(values, 'chaos') ?? '0'), seed: wholeNumber('--seed', text(values, 'seed') ?? '1') }, io);
    try {
      return flag(values, 'keep') ? await playAndStay(play, flag(values, 'json'), io) : await playOnce(play);
    } finally {
      await tidy(play);
    }
  },
};

async function playOnce(play: Play): Promise<Outcome> {
  await perform(play);
  const summary = summarize(play);
  return { exitCode: ExitCode.ok, text: printSummary(summary), json: summary };
}

/** However it ends, everything is left running to be looked at until the user has seen enough. */
async function playAndStay(play: Play, json: boolean, io: Io): Promise<Outcome> {
  try {
    await perform(play);
  } catch (error) {
    if (!io.signal.aborted) io.err(`Left as it is: ${play.world?.directory ?? ''}. Ctrl-C ends it.\n`);
    await untilAborted(io.signal);
    throw error;
  }
  const where = await kept(play);
  const summary: DemoSummary = { ...summarize(play), ...(where === undefined ? {} : { kept: where }) };
  if (!json) io.out(printSummary(summary));
  await untilAborted(io.signal);
  return { exitCode: ExitCode.ok, text: '', json: summary };
}

async function tidy(play: Play): Promise<void> {
  await play.chaos?.stop();
  await play.traffic?.stop();
  await play.world?.stop();
}

async function kept({ world, proxy }: Play): Promise<Kept | undefined> {
  if (world === undefined || proxy === undefined) return undefined;
  const environmentFile = join(world.directory, 'environment');
  await writeFile(environmentFile, Object.entries(world.environment).map(([name, value]) => `export ${name}='${value}'\n`).join(''), { mode: 0o600 });
  return { shop: proxy.url, dashboard: proxy.adminUrl, tokenFile: join(world.stateDirectory, 'admin-token'), environmentFile };
}

function wholeNumber(name: string, given: string): number {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new StranglerError({ code: 'STR_USAGE', message: `${name} takes a whole number, not '${given}'.`, remedy: 'Such as 20.' });
}
