import type { ChangeEvent, ChangeTransaction, Lsn } from '@strangler/migrations';
import fc from 'fast-check';

/** Text as PostgreSQL may hold it: anything but the zero character. */
export const pgText = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '').replaceAll(/[\ud800-\udfff]/gu, ''));
export const columnText = fc.option(pgText, { nil: null });

const row = fc.record({ id: pgText, title: columnText, price: columnText }, { requiredKeys: ['id', 'title'] });
const ref = fc.constantFrom({ schema: 'public', table: 'books' }, { schema: 'Sales Dept', table: 'Order "Lines"' });

export const changeEvent: fc.Arbitrary<ChangeEvent> = ref.chain((table) => fc.oneof(
  row.map((after): ChangeEvent => ({ ...table, op: 'create', after })),
  row.map((after): ChangeEvent => ({ ...table, op: 'snapshot-read', after })),
  row.map((after): ChangeEvent => ({ ...table, op: 'update', after })),
  fc.tuple(row, pgText).map(([after, id]): ChangeEvent => ({ ...table, op: 'update', after, keyBefore: { id }, unchanged: ['cover'] })),
  pgText.map((id): ChangeEvent => ({ ...table, op: 'delete', keyBefore: { id } })),
  fc.constant<ChangeEvent>({ ...table, op: 'truncate' }),
));

/** Transactions in commit order, positions strictly growing. */
export const history = (options: { readonly minLength?: number; readonly maxLength?: number } = {}): fc.Arbitrary<ChangeTransaction[]> =>
  fc.array(fc.record({ step: fc.integer({ min: 1, max: 5_000 }), wait: fc.integer({ min: 0, max: 900 }), xid: fc.nat(), events: fc.array(changeEvent, { maxLength: 4 }), marker: fc.option(pgText, { nil: undefined }) }), options)
    .map((steps) => {
      let [lsn, time] = [1_000n, 1_700_000_000_000];
      return steps.map(({ step, wait, xid, events, marker }) => {
        lsn += BigInt(step);
        time += wait;
        return { commitLsn: lsn as Lsn, committedAtMs: time, xid, events, ...(marker === undefined ? {} : { marker }) };
      });
    });

/** A transaction as an object of its own, whatever form it came in. */
export const plain = ({ commitLsn, committedAtMs, xid, events, marker }: ChangeTransaction): ChangeTransaction => ({ commitLsn, committedAtMs, xid, events, ...(marker === undefined ? {} : { marker }) });

/** One transaction with one event, for tests that only care where it stands. */
export const at = (lsn: number, timeMs = lsn * 1_000): ChangeTransaction => ({
  commitLsn: BigInt(lsn) as Lsn, committedAtMs: timeMs, xid: lsn, events: [{ schema: 'public', table: 'books', op: 'create', after: { id: String(lsn), title: `Book ${String(lsn)}` } }],
});
