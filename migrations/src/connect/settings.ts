/** A connector's config, as Connect's REST API takes it. */
export type Settings = Readonly<Record<string, string>>;

/** A reference (`${env:…}`, `${file:…}`) is no secret; what stands where one belongs is. */
export const printSetting = (setting: string, value: string): string => isSecret(setting) && !/^\$\{[^}]+\}$/.test(value) ? HIDDEN : value;

const HIDDEN = '(hidden)';
const isSecret = (setting: string): boolean => /password|secret|token|credential|passphrase|jaas|keystore\.key|private/i.test(setting);

/** A text of somebody else's, without the secrets of these settings. */
export const withoutSecrets = (text: string, config: Settings): string =>
  Object.entries(config).filter(([setting, value]) => isSecret(setting) && value.length > 2 && printSetting(setting, value) === HIDDEN).reduce((rest, [, value]) => rest.replaceAll(value, HIDDEN), text);
