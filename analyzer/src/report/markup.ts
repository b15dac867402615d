/** HTML that is safe to print as it stands: made by `html` or `raw` only. */
export interface Markup {
  readonly markup: string;
}

type Value = Markup | string | number | undefined | readonly Markup[];

/** Text that came out of somebody's source, made harmless. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);

/** A template whose values are escaped unless they are markup themselves: there is no other way to print one. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup => ({
  markup: strings.map((text, i) => text + print(values[i])).join(''),
});

export const raw = (markup: string): Markup => ({ markup });
export const nothing: Markup = { markup: '' };

function print(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'object') return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
  return escape(String(value));
}
