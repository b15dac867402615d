import type { ChangeEvent, RowText } from '../../capture/change-event.ts';
import { isVisible, type KeyTexts, type Visibility } from '../../capture/row-chunk.ts';

export const keyId = (key: KeyTexts): string => JSON.stringify(key);
export const textsOf = (key: readonly string[], row: RowText): KeyTexts => key.map((name) => row[name] ?? '');

/** What was last streamed of a key. `partial`: the event left something out, so the row as of it is known only to the source. */
interface Touch {
  readonly xid: number;
  readonly partial: boolean;
}

/** Which keys of a table were streamed by transactions that a snapshot may not show yet. One touch per key is enough: who changes a row later waited for the lock of who did before. */
export class Touched {
  private readonly keys = new Map<string, Touch>();
  private truncated: number | undefined;

  note(key: KeyTexts, xid: number, partial: boolean): void {
    this.keys.set(keyId(key), { xid, partial });
  }

  truncate(xid: number): void {
    this.truncated = xid;
  }

  /** Whether the stream knows better than a row (or its absence) read under `visibility`; `partial` when it only knows that it is different now. */
  newer(key: KeyTexts, visibility: Visibility): 'no' | 'whole' | 'partial' {
    const touch = this.keys.get(keyId(key));
    if (touch !== undefined && !isVisible(touch.xid, visibility)) return touch.partial ? 'partial' : 'whole';
    return this.truncated !== undefined && !isVisible(this.truncated, visibility) ? 'whole' : 'no';
  }

  /** Forgets what every later snapshot shows. */
  prune(visibility: Visibility): void {
    const settled: Visibility = { xmin: visibility.xmin, xmax: visibility.xmin, inProgress: new Set() };
    for (const [key, { xid }] of this.keys) if (isVisible(xid, settled)) this.keys.delete(key);
    if (this.truncated !== undefined && isVisible(this.truncated, settled)) this.truncated = undefined;
  }
}

/** An event as it may be applied to a table that is still being copied, where the row it means may not have come yet. */
export interface Softened {
  readonly events: readonly ChangeEvent[];
  /** Keys it touches; those that are `partial` must be read again at the source. */
  readonly touches: readonly { readonly key: KeyTexts; readonly partial: boolean }[];
  readonly truncates: boolean;
}

/**
 * Pure. What is whole becomes "make it so", what is not is left out and the row read again: then every event is right whether its row is there or not. A moved row is
 * a delete and a create.
 * @param plain false where a filter may keep a row out: then what it was must be taken away first
 */
export function soften(event: ChangeEvent, key: readonly string[], plain: boolean): Softened {
  switch (event.op) {
    case 'truncate': return { events: [event], touches: [], truncates: true };
    case 'delete': return { events: [event], touches: [{ key: textsOf(key, event.keyBefore), partial: false }], truncates: false };
    case 'create': case 'snapshot-read': return { events: [event], touches: [{ key: textsOf(key, event.after), partial: false }], truncates: false };
    case 'update': return softUpdate(event, key, plain);
  }
}

function softUpdate(event: Extract<ChangeEvent, { op: 'update' }>, key: readonly string[], plain: boolean): Softened {
  const { schema, table, after } = event;
  const partial = event.unchanged !== undefined;
  const before = event.keyBefore ?? (plain || partial ? undefined : Object.fromEntries(key.map((name) => [name, after[name] ?? null])));
  const gone = before === undefined ? [] : [{ op: 'delete', schema, table, keyBefore: before } as const];
  return {
    events: [...gone, ...(partial ? [] : [{ op: 'create', schema, table, after } as const])], truncates: false,
    touches: [...gone.map(({ keyBefore }) => ({ key: textsOf(key, keyBefore), partial: false })), { key: textsOf(key, after), partial }],
  };
}
