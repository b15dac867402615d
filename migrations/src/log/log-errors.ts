import { ExitCode, StranglerError } from '@strangler/kernel';

export const logMissing = (directory: string): StranglerError => new StranglerError({
  code: 'STR_LOG_MISSING',
  message: `There is no change log in ${directory}.`,
  remedy: 'Name the state directory the replication runs with; `strangler status` shows it.',
  exitCode: ExitCode.environment,
});

export const otherVersion = (directory: string, version: number, ours: number): StranglerError => new StranglerError({
  code: 'STR_LOG_VERSION', exitCode: ExitCode.environment,
  message: `The change log in ${directory} has format ${String(version)}; this version of the toolkit reads and writes format ${String(ours)}.`,
  remedy: 'Let the version that wrote it go on with it, or remove the replication (`strangler replicate --remove`) and start it again with a new snapshot.',
});

export function writeFailed(directory: string, cause: unknown): StranglerError {
  if (cause instanceof StranglerError) return cause;
  const full = ['ENOSPC', 'EDQUOT'].includes((cause as { code?: string }).code ?? '');
  return new StranglerError(full
    ? { code: 'STR_DISK_FULL', message: `No space left for the change log in ${directory}.`, remedy: 'Free some space and start again: nothing was acknowledged to the source that is not on disk, so nothing is lost.', exitCode: ExitCode.environment, cause }
    : { code: 'STR_LOG_UNWRITABLE', message: `The change log in ${directory} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, remedy: 'Mend the disk or the permissions and start again: nothing was acknowledged to the source that is not on disk.', exitCode: ExitCode.environment, cause });
}
