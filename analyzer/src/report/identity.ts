import { compareText } from '../model/evidence.ts';

/** Fragment ids, so that every selection is a link that can be sent. */
export const contextId = (name: string): string => `context-${slug(name)}`;
export const tableId = (name: string): string => `table-${slug(name)}`;
export const cutId = (from: string, to: string): string => `cut-${slug(from)}--${slug(to)}`;
export const moduleId = (path: string): string => `module-${path.replace(/[^\w./-]/g, (sign) => `~${sign.charCodeAt(0).toString(16)}`)}`;

const slug = (text: string): string => text.replace(/[^\w.-]/g, (sign) => `~${sign.charCodeAt(0).toString(16)}`);

/**
 * Hues as far apart as their number allows: names in order around the circle by the golden angle, as style rules for `data-hue`.
 * Colour only repeats what the name beside it says.
 */
export const hueRules = (names: readonly string[]): string => [...names].sort(compareText)
  .map((name, i) => `[data-hue="${contextId(name)}"]{--hue:${String(Math.round(i * 137.508 + 205) % 360)}}`).join('');
