import { describe, expect, test } from '@jest/globals';
import type { FetchedRecord } from '../log/kafka-fetch.ts';
import { binlogReader, type BinlogLife } from './binlog-reader.ts';

const FIELD = { field: 'id', type: 'int32', parameters: { '__debezium.source.column.type': 'INT' } };
const schema = { fields: ['before', 'after'].map((side) => ({ field: side, type: 'struct', fields: [FIELD] })) };
const record = (op: string, rows: object, place: object, headers: FetchedRecord['headers'] = {}): FetchedRecord => ({
  offset: 0n, headers, key: Buffer.from(JSON.stringify({ schema: { fields: [FIELD] }, payload: { id: 1 } })),
  value: Buffer.from(JSON.stringify({ schema, payload: { op, before: null, after: null, ...rows, source: { ts_ms: 1, db: 'shop', table: 'books', file: 'bin.000002', pos: 400, row: 0, gtid: '0-7-28', ...place } } })),
});
const said: string[] = [];
const life: BinlogLife = {
  snapshotAt: (place) => { said.push(`snapshot ${String(place)}`); return Promise.resolve(); },
  writtenBy: (server) => { said.push(`server ${server}`); return Promise.resolve(); },
};
const read = binlogReader(life);

describe('a record from a binlog', () => {
  test('has a place by file and offset, and behind it an order by row; of a changed key the deletion is first', async () => {
    const lsn = (2n << 32n) + 400n;
    expect((await read(record('u', { after: { id: 1 } }, { row: 3 })))?.position).toEqual({ after: lsn, order: 7 });
    const gone = await read(record('d', { before: { id: 1 } }, { row: 3 }, { '__debezium.newkey': '{"id":2}' }));
    const made = await read(record('c', { after: { id: 2 } }, { row: 3 }, { '__debezium.oldkey': '{"id":1}' }));
    expect([gone, made]).toMatchObject([{ event: { op: 'delete', keyBefore: { id: '1' } }, position: { order: 7 } }, { event: { op: 'create', after: { id: '2' } }, position: { order: 8 } }]);
    expect(new Set(said)).toEqual(new Set(['server 7']));
  });

  test('of the snapshot has none, and says where the snapshot was taken', async () => {
    said.length = 0;
    expect(await read(record('r', { after: { id: 1 } }, { gtid: null }))).toMatchObject({ event: { op: 'snapshot-read' }, position: {} });
    expect(said).toEqual([`snapshot ${String((2n << 32n) + 400n)}`]);
  });

  test('is refused where nobody can tell which server wrote it', async () => {
    await expect(read(record('c', { after: { id: 1 } }, { gtid: null }))).rejects.toMatchObject({ code: 'STR_BAD_ENVELOPE' });
  });

  test('may be a tombstone', async () => {
    expect(await read({ offset: 0n, headers: {}, key: null, value: null })).toBeUndefined();
  });
});
