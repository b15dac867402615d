/** What an element may hold: nothing at all is fine. */
export type Child = Node | string | number | undefined | false | readonly Child[];

/** `on…` listens, `style` sets properties through the object model, the rest are attributes; undefined and false leave one out. */
export type Props = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void) | Readonly<Record<string, string | number>>>>;
