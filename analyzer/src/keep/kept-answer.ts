import type { Disk } from '../read/source/disk.ts';
import type { KeptFiles } from './kept-files.ts';

/**
 * The answer to a question about what is on the disk: that of an earlier run, when every question which that run asked the disk has the answer it had then; made anew otherwise.
 * Changed by no edit that is not seen: what is compared is what was read, and also what was looked for and not found.
 * @param question all that the answer depends on besides the disk.
 */
export async function keptAnswer<T>(kept: KeptFiles, disk: Disk, question: string, make: () => Promise<T>): Promise<T> {
  const asked = kept.find('questions', [question]) as string[] | undefined;
  const known = asked === undefined ? undefined : kept.find('answer', [question, await disk.digestIfAsked(asked)]) as T | undefined;
  if (known !== undefined) return known;
  const answer = await make();
  if (!disk.steady()) return answer;
  kept.keep('questions', [question], disk.asked());
  kept.keep('answer', [question, disk.digest()], answer);
  return answer;
}
