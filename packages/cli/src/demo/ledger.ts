/** What the shop's clients were told about their writes: the demo's judge of lost and doubled rows. It knows nothing of any database. */
export interface Ledger {
  /** A product with this SKU was asked for. */
  creating(sku: string): void;
  created(sku: string, outcome: WriteOutcome): void;
  /** This product's description was to become `text`. Per product one at a time. */
  changing(productId: number, text: string): void;
  changed(productId: number, text: string, outcome: WriteOutcome): void;
  /** Compares with what a database holds now. */
  judge(rows: LedgerRows): LedgerVerdict;
  acknowledged(): number;
}

/** `unknown`: the connection broke, so it may have happened or not; both are right, twice is not. */
export type WriteOutcome = 'acknowledged' | 'refused' | 'unknown';

export interface LedgerRows {
  /** SKU of every row the traffic may have created, one entry a row. */
  readonly skus: readonly string[];
  /** Product id → description. */
  readonly descriptions: ReadonlyMap<number, string>;
}

export interface LedgerVerdict {
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
}

export function ledger(): Ledger {
  const skus = new Map<string, WriteOutcome>();
  const changes = new Map<number, { last: string | undefined; unsettled: Set<string> }>();
  const change = (id: number): { last: string | undefined; unsettled: Set<string> } => {
    const known = changes.get(id) ?? { last: undefined, unsettled: new Set<string>() };
    changes.set(id, known);
    return known;
  };
  let acknowledged = 0;
  return {
    creating: (sku) => { skus.set(sku, 'unknown'); },
    created: (sku, outcome) => {
      skus.set(sku, outcome);
      if (outcome === 'acknowledged') acknowledged += 1;
    },
    changing: (id, text) => { change(id).unsettled.add(text); },
    changed: (id, text, outcome) => {
      const known = change(id);
      if (outcome === 'refused') known.unsettled.delete(text);
      if (outcome !== 'acknowledged') return;
      acknowledged += 1;
      // An earlier attempt of unknown outcome may still be on its way through a dying proxy only until this one was answered.
      known.last = text;
      known.unsettled = new Set();
    },
    acknowledged: () => acknowledged,
    judge: (rows) => ({ lost: [...lostSkus(skus, rows), ...lostChanges(changes, rows)].sort(), duplicated: doubled(rows.skus) }),
  };
}

function lostSkus(skus: ReadonlyMap<string, WriteOutcome>, rows: LedgerRows): string[] {
  const there = new Set(rows.skus);
  return [...skus].filter(([sku, outcome]) => outcome === 'acknowledged' && !there.has(sku)).map(([sku]) => `product ${sku} was acknowledged and is not there`);
}

function lostChanges(changes: ReadonlyMap<number, { last: string | undefined; unsettled: ReadonlySet<string> }>, rows: LedgerRows): string[] {
  return [...changes].flatMap(([id, { last, unsettled }]) => {
    const now = rows.descriptions.get(id);
    if (last === undefined || now === last || (now !== undefined && unsettled.has(now))) return [];
    return [`product ${String(id)} was acknowledged as '${last}' and is '${now ?? 'gone'}'`];
  });
}

function doubled(skus: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const sku of skus) (seen.has(sku) ? twice : seen).add(sku);
  return [...twice].sort().map((sku) => `product ${sku} is there twice`);
}
