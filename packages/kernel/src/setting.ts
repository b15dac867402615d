import { ExitCode, StranglerError } from './errors.ts';

/** A setting named now and read later, by the command that needs it: `analyze` must not ask for a database URL. */
export type Setting = string | { readonly env: string };

/** Names an environment variable in a config file: `url: env('ORDERS_URL')`. Nothing is read until a command needs it. */
export const env = (name: string): Setting => ({ env: name });

export type Environment = Readonly<Record<string, string | undefined>>;

/** The setting's value. @throws StranglerError STR_MISSING_SETTING when the variable it names is unset or empty. */
export function resolveSetting(setting: Setting, from: Environment): string {
  if (typeof setting === 'string') return setting;
  const value = from[setting.env];
  if (value !== undefined && value !== '') return value;
  throw new StranglerError({
    code: 'STR_MISSING_SETTING',
    message: `${setting.env} is not set.`,
    remedy: 'Export it, or write it into .env here; `strangler doctor` lists every setting the config names.',
    exitCode: ExitCode.environment,
  });
}
